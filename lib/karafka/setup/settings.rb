# frozen_string_literal: true

# Owns how a tree of settings stores, reads and writes values. Knows no setting by name. Read from every thread after
# boot, written while the process boots only; must not validate (see contract.rb).
module Karafka
  module Setup
    # A node of settings.
    #
    # A setting that holds a lambda without arguments is called on every read.
    # @example
    #   class Shop < Karafka::Setup::Settings
    #     setting :name, "corner"
    #   end
    class Settings
      class << self
        # Declares a setting with its default.
        # @param name [Symbol]
        # @param default [Object]
        # @return [void]
        def setting(name, default = nil)
          defaults[name] = default
          define_method(name) { read(name) }
          define_method(:"#{name}=") { |value| @values[name] = value }
        end

        # Declares a nested node.
        # @param name [Symbol]
        # @param settings_class [Class<Settings>]
        # @return [void]
        def group(name, settings_class)
          groups[name] = settings_class
          define_method(name) { @groups.fetch(name) }
        end

        # @return [Hash{Symbol => Object}] declared settings and their defaults
        def defaults
          @defaults ||= superclass.respond_to?(:defaults) ? superclass.defaults.dup : {}
        end

        # @return [Hash{Symbol => Class<Settings>}] nested nodes
        def groups
          @groups ||= superclass.respond_to?(:groups) ? superclass.groups.dup : {}
        end

        # @return [Array<Symbol>] all names that can be read
        def names
          defaults.keys + groups.keys
        end
      end

      # @param path [String] how a user writes this node, for error texts
      def initialize(path = "config")
        @path = path
        @values = self.class.defaults.transform_values { |value| value.is_a?(Proc) ? value : value.dup }
        @groups = self.class.groups.to_h { |name, type| [name, type.new("#{path}.#{name}")] }
      end

      # @param name [Symbol, String]
      # @return [Boolean] is there such a setting?
      def setting?(name)
        self.class.names.include?(name.to_sym)
      end

      # @return [Hash{Symbol => Object}] current values, nested nodes included
      def to_h
        @values.keys.to_h { |name| [name, read(name)] }.merge(@groups.transform_values(&:to_h))
      end

      # Has other values while the block runs; what the block changes goes with them.
      # @param values [Hash{Symbol => Object}]
      # @return [Object] what the block gave
      # @api private
      def with(values)
        before = @values
        @values = before.merge(values)
        yield
      ensure
        @values = before
      end

      # Values may be secrets, so only the names are shown.
      # @return [String]
      def inspect
        "#<#{self.class} #{@path}: #{self.class.names.join(", ")}>"
      end

      private

      def read(name)
        value = @values[name]
        # This way round, because a BasicObject cannot be asked.
        return value unless Proc === value && value.arity.zero?

        begin
          value.call
        rescue StandardError => e
          rule = "raised #{e.class} when it was read (#{e.message.lines.first&.strip})"
          problem = Problem.new("#{@path}.#{name}", value, rule, "mend it, or set the value itself")
          raise Errors::InvalidConfiguration.new(problem.to_s, problems: [problem])
        end
      end

      def respond_to_missing?(_name, _include_private = false)
        false
      end

      def method_missing(name, *arguments)
        word = name.name.delete_suffix("=")
        raise Errors::UnknownSetting.new(unknown(word, arguments), name, arguments, receiver: self)
      end

      def unknown(word, arguments)
        group = self.class.groups[word.to_sym]
        return "#{@path}.#{word} is a group of settings: set one of #{group.names.join(", ")}" if group

        meant = [word, Suggestion.nearest(word, self.class.names)]
        value = " (value: #{Problems.show(meant, arguments.first)})" unless arguments.empty?
        "#{@path}.#{word} is not a setting#{value}; #{Suggestion.for(word, self.class.names)}"
      end
    end
  end
end
