# frozen_string_literal: true

# Owns reading what the code says about settings beside their names and defaults: the comment above each, and which
# librdkafka properties change with it. Run by `rake docs` and its spec. Must not print.
module Docs
  # What stands above `setting :name` in a source file.
  class Meanings
    UNITS = %w[Seconds Bytes Messages Marks Threads Retries].freeze

    # @param path [String]
    def initialize(path)
      @by_class = Hash.new { |all, name| all[name] = {} }
      comment = []
      File.foreach(path, chomp: true) do |line|
        case line.strip
        when /\Aclass (\w+)/ then @class = @by_class[Regexp.last_match(1)]
        when /\A# (.*)/ then next comment << Regexp.last_match(1)
        when /\Asetting :(\w+)/ then @class[Regexp.last_match(1).to_sym] = comment.join(" ")
        end
        comment = []
      end
    end

    # @return [String] empty when there is no comment
    def of(type, name)
      @by_class[type].fetch(name, "")
    end

    # @return [String, nil]
    def unit(type, name)
      first = of(type, name)[/\A\w+/]
      first.downcase if UNITS.include?(first)
    end
  end

  # Which librdkafka properties a setting decides: those that change when it does.
  class Probe
    # Without these a setting has nothing to act on.
    BASE = {
      /\Assl_/ => {}, /\Asasl_gssapi/ => { sasl_gssapi_principal: "a" },
      /\Asasl_plain/ => { sasl_plain_username: "a", sasl_plain_password: "a" },
      /\Asasl_scram/ => { sasl_scram_username: "a", sasl_scram_password: "a", sasl_scram_mechanism: "sha256" }
    }.freeze

    # @yieldparam settings [Hash{Symbol => Object}]
    # @yieldreturn [Hash{String => String}] properties with these settings
    def initialize(&properties)
      @properties = properties
    end

    # @return [Array<String>]
    def properties(name, default)
      base = { seed_brokers: "kafka+ssl://a:1", client_id: "app" }
      base.merge!(BASE.find { |pattern, _| pattern.match?(name) }&.last || {})
      before = @properties.call(base)
      others(base.fetch(name, default)).each do |value|
        after = @properties.call(base.merge(name => value))
        changed = (before.keys | after.keys).reject { |key| before[key] == after[key] }
        return changed unless changed.empty?
      end
      []
    end

    private

    # Values unlike the default; a bound or a rounding may hide the first.
    def others(value)
      case value
      when true, false then [!value]
      when Numeric then [value + 1, value / 2, value * 2000]
      when nil then [1, "a"]
      when Proc then [->(_name) { "other" }]
      when "sha256" then ["sha512"]
      when String then ["#{value}1"]
      else []
      end
    end
  end
end
