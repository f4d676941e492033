# frozen_string_literal: true

# Owns where the parts for Rails are found. Each is loaded when it is used first; nothing of Rails is needed before.
module Karafka
  # What is there for applications with Active Record, Active Job and the rest of Rails.
  module Rails
    autoload :ExactlyOnce, "karafka/rails/exactly_once"
    autoload :OffsetError, "karafka/rails/offset_error"
    autoload :StoredOffset, "karafka/rails/stored_offset"
    autoload :Watermarks, "karafka/rails/watermarks"
  end
end
