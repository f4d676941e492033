# frozen_string_literal: true

# Owns the names that applications know from elsewhere for what is here already: those of Karafka 1.2 to 1.4, and the
# errors of the driver that Karafka 1.1 and WaterDrop 1.0 let through. Second names only; must not define behaviour.
module Karafka
  module Errors
    MissingClient = MissingConsumer
    InvalidResponderMessageOptions = WaterDrop::Errors::InvalidMessageOptions

    # Karafka 1.3 gave each name the suffix.
    %i[
      InvalidResponderUsage InvalidResponderMessageOptions InvalidConfiguration MissingBootFile MissingConsumer
      MissingClient InvalidPauseTimeout UnregisteredMonitorEvent
    ].each { |name| const_set(:"#{name}Error", const_get(name)) }

    # Karafka 1.3 told the two directions of a parser apart.
    SerializationError = ParserError
    DeserializationError = ParserError
  end

  module Instrumentation
    # What a karafka.rb of 1.2 subscribes, and one of 1.4. It is subscribed by default; once more changes nothing.
    Listener = LogListener
    StdoutListener = LogListener
  end
end

# Applications of the time rescue the driver's own errors. Beside the driver itself they stay the driver's.
unless defined?(Kafka) || Gem.loaded_specs.key?("ruby-kafka")
  # @api private
  module Kafka
    Error = Karafka::Errors::KafkaError
    ConnectionError = Karafka::Errors::ConnectionError
    DeliveryFailed = Karafka::Errors::DeliveryFailed
    BufferOverflow = Karafka::Errors::QueueFullError
  end
end
