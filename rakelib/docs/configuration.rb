# frozen_string_literal: true

require_relative "settings_source"

# Owns the tables of docs/configuration.md, made from the code alone; the prose around them is written by hand. Run by
# `rake docs` and its spec, in a process that has loaded the gem. Leaves the settings of the process empty.
module Docs
  class Configuration
    ROOT = File.expand_path("../..", __dir__)
    PATH = File.join(ROOT, "docs/configuration.md")
    SETUP = Karafka::Setup
    # Rules that are more than one row of a contract.
    RULES = {
      seed_brokers: "at least one; each with host and port, all with TLS or none",
      bind: "host and port; of this machine alone unless `public`",
      public: "true or false",
      levels: "a Hash: names of events, and one of #{Karafka::Setup::LogContract::LEVELS.map(&:inspect).join(", ")}",
      librdkafka: "a Hash; not the properties that karafka_rs keeps for itself",
      required_acks: "one of #{WaterDrop::Contract::ACKS.inspect}",
      compression_codec: "one of #{WaterDrop::Contract::CODECS.inspect}"
    }.freeze

    def initialize
      @karafka = Meanings.new(File.join(ROOT, "lib/karafka/setup/config.rb"))
      @waterdrop = Meanings.new(File.join(ROOT, "lib/waterdrop/config.rb"))
    end

    # @return [String] what the file should be
    def text
      File.read(PATH).gsub(/(<!-- table: (\w+) -->\n).*?(<!-- end -->)/m) do
        "#{Regexp.last_match(1)}#{public_send(Regexp.last_match(2))}#{Regexp.last_match(3)}"
      end
    end

    # @return [Array<String>] settings without a meaning
    def unexplained
      [root_rows, kafka_rows, http_rows, log_rows, sending_rows, waterdrop_rows].flatten(1).select { |row|
        row.last.empty?
      }.map(&:first)
    end

    def root
      karafka_table(root_rows)
    end

    def kafka
      karafka_table(kafka_rows)
    end

    def http
      table(%w[setting default rule meaning], http_rows)
    end

    def log
      table(%w[setting default rule meaning], log_rows)
    end

    def waterdrop
      table(["setting", "default", "unit", "rule", "librdkafka", "meaning"], waterdrop_rows)
    end

    def sending
      table(["setting", "default", "unit", "rule", "librdkafka", "meaning"], sending_rows)
    end

    # Properties that no setting decides.
    def fixed
      decided = (root_rows + kafka_rows).flat_map { |row| row[5].scan(/[\w.]+/) }
      properties = consuming({ seed_brokers: "kafka://a:1", client_id: "app" })
      mine = properties.except(*decided, *SETUP::Librdkafka::OWNED.keys, "security.protocol")
      table(%w[property value], mine.sort.map { |name, value| ["`#{name}`", value] })
    end

    def owned
      table(["property", "what to do instead"], SETUP::Librdkafka::OWNED.map { |name, cure| ["`#{name}`", cure] })
    end

    private

    def karafka_table(rows)
      table(["setting", "default", "unit", "where", "rule", "librdkafka", "meaning"], rows)
    end

    def root_rows
      @root_rows ||= SETUP::Config.defaults.map { |name, value| karafka_row(name, value, "Config") }
    end

    def kafka_rows
      @kafka_rows ||= SETUP::KafkaSettings.defaults.map do |name, value|
        connection = SETUP::ConnectionSettings.defaults.key?(name)
        karafka_row(name, value, connection ? "ConnectionSettings" : "KafkaSettings")
      end
    end

    def http_rows
      SETUP::HttpSettings.defaults.map do |name, value|
        ["`#{name}`", shown(name, value), RULES.fetch(name), @karafka.of("HttpSettings", name)]
      end
    end

    def log_rows
      SETUP::LogSettings.defaults.map do |name, value|
        ["`#{name}`", shown(name, value), rule(name, SETUP::LogContract::ROWS), @karafka.of("LogSettings", name)]
      end
    end

    def karafka_row(name, default, type)
      contract = SETUP::Contract
      rule = rule(name, contract::ROOT.merge(contract::GROUP, contract::TOPIC))
      ["`#{name}`", shown(name, default), @karafka.unit(type, name).to_s, levels(name), rule,
       properties(name, default) { |settings| consuming(settings) }, @karafka.of(type, name)]
    end

    def sending_rows
      names = WaterDrop::KafkaSettings.defaults.except(*SETUP::ConnectionSettings.defaults.keys)
      names.map { |name, default| waterdrop_row(name, default, "KafkaSettings", "kafka") }
    end

    def waterdrop_rows
      WaterDrop::Config.defaults.map { |name, default| waterdrop_row(name, default, "Config", nil) } +
        WaterDrop::ProducerSettings.defaults.map { |name, it| waterdrop_row(name, it, "ProducerSettings", "producer") }
    end

    def waterdrop_row(name, default, type, node)
      [node == "producer" ? "`producer.#{name}`" : "`#{name}`", shown(name, default), @waterdrop.unit(type, name).to_s,
       rule(name, WaterDrop::Contract::ROOT.merge(WaterDrop::Contract::KAFKA)),
       properties(name, default) { |settings| producing(settings, node) }, @waterdrop.of(type, name)]
    end

    def shown(name, default)
      return "required" if %i[client_id seed_brokers].include?(name) && default.nil?
      return "a Logger of nothing" if default.is_a?(Logger)
      return digits(default.inspect) unless default.is_a?(Proc)

      value = default.call
      value.is_a?(Module) ? "`#{value}`" : "`#{value.class}.instance`"
    end

    def levels(name)
      routing = Karafka::Routing
      found = []
      found << "group" if routing::ConsumerGroup.words.include?(name)
      found << "topic" if routing::Topic.words.include?(name)
      ["app", *found].join(", ")
    end

    def rule(name, rows)
      return RULES.fetch(name) if RULES.key?(name)

      digits(SETUP::Rules[rows.fetch(name).first].text.delete_prefix("must be ").sub(/\Amust /, ""))
    end

    def digits(text)
      text.gsub(/\d{4,}/) { |number| number.gsub(/(\d)(?=(\d{3})+\z)/, '\1_') }
    end

    def properties(name, default, &build)
      Probe.new(&build).properties(name, default).map { |property| "`#{property}`" }.join(", ")
    end

    def consuming(settings)
      with_config(settings) do |config|
        group = Karafka::Routing::ConsumerGroup.new("events", config)
        group.topic("orders")
        SETUP::Librdkafka.consumer(group.build)
      end
    end

    # Mappers ask the process for its settings.
    def with_config(settings)
      SETUP::Config.reset!
      config = SETUP::Config.config
      settings.each do |name, value|
        (config.class.defaults.key?(name) ? config : config.kafka).public_send(:"#{name}=", value)
      end
      yield config
    ensure
      SETUP::Config.reset!
    end

    def producing(settings, node)
      config = WaterDrop::Config.new
      settings.each do |name, value|
        target = node == "producer" && name.start_with?("compression") ? config.producer : config
        target = config.kafka unless target.setting?(name)
        target.public_send(:"#{name}=", value)
      end
      kafka = config.kafka
      threshold = kafka.delivery_threshold
      SETUP::Librdkafka.producer(config, linger: kafka.delivery_interval || 0, threshold: threshold)
    end

    def table(head, rows)
      lines = [head, head.map { "---" }] + rows.map { |row| row.map { |cell| cell.gsub("|", "\\|") } }
      lines.map { |cells| "| #{cells.join(" | ")} |\n" }.join
    end
  end
end
