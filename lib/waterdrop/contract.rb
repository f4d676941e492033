# frozen_string_literal: true

# Owns every rule for WaterDrop's settings. Runs at the end of each `setup`.
module WaterDrop
  # @api private
  class Contract
    CODECS = [nil, :gzip, :snappy, :lz4, :zstd, :none].freeze
    ACKS = [-1, 0, 1, :all].freeze

    ROOT = {
      client_id: [:name, '"my_app"'],
      logger: [:logger, "Logger.new($stdout)"],
      deliver: [:boolean, "true"]
    }.freeze

    KAFKA = {
      max_buffer_bytesize: [:positive_integer, "67_108_864"],
      max_buffer_size: [:positive_integer, "100_000"],
      max_queue_size: [:positive_integer, "1_000"],
      ack_timeout: [:positive, "5"],
      delivery_timeout: [:positive, "60"],
      delivery_interval: [:optional_not_negative, "nil"],
      delivery_threshold: [:optional_whole, "nil"],
      max_retries: [:optional_whole, "nil"],
      retry_backoff: [:not_negative, "0.1"],
      compression_threshold: [:positive_integer, "1"]
    }.merge(Karafka::Setup::Contract::CONNECTION).freeze

    # @param config [Config]
    def initialize(config)
      @config = config
    end

    # @return [void]
    # @raise [Errors::InvalidConfiguration]
    def validate!
      problems.raise!("invalid WaterDrop settings", Errors::InvalidConfiguration)
    end

    # @return [Karafka::Setup::Problems]
    def problems
      kafka = @config.kafka
      Karafka::Setup::Problems.new.tap do |found|
        Karafka::Setup::Contract.check_rows(found, ROOT) { |name| [name.to_s, @config.public_send(name)] }
        Karafka::Setup::Contract.check_rows(found, KAFKA) { |name| ["kafka.#{name}", kafka.public_send(name)] }
        Karafka::Setup::KafkaContract.new(kafka, found) { |name| "kafka.#{name}" }.check
        check_choices(found, kafka)
        check_times(found, kafka.delivery_interval, kafka.delivery_timeout)
      rescue Karafka::Errors::InvalidConfiguration => e
        # A lambda as a setting raised.
        found.concat(e.problems)
      end
    end

    private

    def check_choices(found, kafka)
      unless ACKS.include?(kafka.required_acks)
        found.add("kafka.required_acks", kafka.required_acks, "must be one of #{ACKS.inspect}", "set it to -1")
      end
      [["kafka", kafka], ["producer", @config.producer]].each do |path, source|
        codec = source.compression_codec
        next if CODECS.include?(codec) || CODECS.compact.any? { |known| known.name == codec }

        found.add("#{path}.compression_codec", codec, "must be one of #{CODECS.inspect}", "set it to :gzip")
      end
    end

    def check_times(found, interval, timeout)
      return unless [interval, timeout].all? { |time| Integer === time || Float === time } && interval >= timeout

      found.add("kafka.delivery_interval", interval, "must be below delivery_timeout (#{timeout})", "lower it")
    end
  end
end
