# frozen_string_literal: true

# Owns every rule for WaterDrop's settings. Runs at the end of each `setup`.
module WaterDrop
  # @api private
  class Contract
    CODECS = [nil, :gzip, :snappy, :lz4, :zstd, :none].freeze
    ACKS = [-1, 0, 1, :all].freeze

    RULES = Karafka::Setup::Rules
    private_constant :RULES

    ROOT = {
      client_id: [:name, '"my_app"'],
      logger: [:logger, "Logger.new($stdout)"],
      deliver: [:boolean, "true"]
    }.freeze

    KAFKA = {
      max_buffer_bytesize: [RULES.integer(1, RULES::LARGEST * 1024), "67_108_864"],
      max_buffer_size: [RULES.integer(1, RULES::LARGEST), "100_000"],
      max_queue_size: [RULES.integer(1, RULES::LARGEST), "1_000"],
      ack_timeout: [RULES.number(0.001, 900), "5"],
      delivery_timeout: [RULES.number(0.001, 2_147_483), "60"],
      delivery_interval: [RULES.number(0, 900, optional: true), "nil"],
      delivery_threshold: [RULES.integer(0, 1_000_000, optional: true), "nil"],
      max_retries: [RULES.integer(0, RULES::LARGEST, optional: true), "nil"],
      retry_backoff: [RULES.number(0, 300), "0.1"],
      compression_threshold: [RULES.integer(1, RULES::LARGEST), "1"]
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
      return unless [interval, timeout].all? { |time| RULES.seconds?(time) } && interval >= timeout

      found.add("kafka.delivery_interval", interval, "must be below delivery_timeout (#{timeout})", "lower it")
    end
  end
end
