# frozen_string_literal: true

class ApplicationJob < ActiveJob::Base
  # The order was deleted.
  discard_on ActiveJob::DeserializationError
end
