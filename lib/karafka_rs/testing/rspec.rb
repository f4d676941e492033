# frozen_string_literal: true

require "karafka_rs/testing"
require "karafka/testing/have_produced"

# Owns what the test kit is in RSpec: what examples can call, and that each begins with nothing recorded. In a Rails
# application its railtie decides whether messages are recorded; elsewhere this does.
module Karafka
  module Testing
    # Included into all example groups.
    module RSpec
      # @return [Session] controllers of routes, and the records they are fed
      def karafka
        @karafka ||= Session.new
      end

      # See {Testing.with_kafka}.
      # @return [Object] what the block gave
      def with_kafka(**options, &block)
        Testing.with_kafka(**options, &block)
      end

      # @return [HaveProduced]
      def have_produced # rubocop:disable Naming/PredicateName -- RSpec reads it so
        HaveProduced.new
      end
    end
  end
end

Karafka::Testing.capture! unless defined?(Rails::Railtie)

RSpec.configure do |config|
  config.include Karafka::Testing::RSpec
  config.prepend_before { Karafka::Testing.clear }
end
