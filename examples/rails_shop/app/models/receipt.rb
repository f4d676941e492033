# frozen_string_literal: true

# Stands for a mail.
class Receipt < ApplicationRecord
  belongs_to :order
end
