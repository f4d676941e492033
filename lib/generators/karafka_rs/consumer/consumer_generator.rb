# frozen_string_literal: true

require_relative "../controller/controller_generator"

# Owns the second name of `rails g karafka_rs:controller`. Nothing else.
module KarafkaRs
  module Generators
    # Consumers are controllers of Karafka.
    class ConsumerGenerator < ControllerGenerator
    end
  end
end
