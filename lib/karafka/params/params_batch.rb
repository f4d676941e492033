# frozen_string_literal: true

# Owns what user code sees of one batch: records of one partition, in offset order, from the first one that is still to
# be consumed. Belongs to the thread that consumes it. Makes a Params when it is asked for, and never parses by itself.
module Karafka
  module Params
    # @example
    #   params_batch.each { |params| puts params.payload }
    class ParamsBatch
      include Enumerable

      # @return [Native::Batch, HashRecords] where the records are
      # @api private
      attr_reader :source
      # @return [Routing::Topic, nil]
      # @api private
      attr_reader :route
      # @return [Time] when this process took the batch
      attr_reader :received_at

      # @param source [Native::Batch, HashRecords]
      # @param route [Routing::Topic, nil]
      # @param from [Integer] index of the first record to show; those before it are done
      # @param to [Integer] index after the last record to show
      # @param received_at [Time]
      def initialize(source, route, from = source.first_unmarked, to = source.size, received_at = Time.now)
        @source = source
        @route = route
        @from = from
        @to = [to, from].max
        @received_at = received_at
      end

      # Yields each message; its payload is parsed when it is read.
      # @yieldparam params [Params]
      # @return [ParamsBatch, Enumerator] self, or an Enumerator without a block
      def each
        return enum_for(:each) { size } unless block_given?

        # Written out: this is the loop that every message goes through.
        list = messages
        index = 0
        while index < list.size
          yield list[index]
          index += 1
        end
        self
      end

      # @return [Integer]
      def size
        @to - @from
      end
      alias length size

      # @return [Integer] as {#size}; with an argument or a block as Enumerable#count
      def count(*arguments, &block)
        arguments.empty? && block.nil? ? size : super
      end

      # @return [Boolean]
      def empty?
        size.zero?
      end

      # @param number [Integer, nil]
      # @return [Params, nil, Array<Params>] the first message, or the first so many
      def first(number = nil)
        return super(number) if number

        at(@from) unless empty?
      end

      # @param number [Integer, nil]
      # @return [Params, nil, Array<Params>] the last message, or the last so many
      def last(number = nil)
        return messages.last(number) if number

        at(@to - 1) unless empty?
      end

      # @param position [Integer, Range] as in Array#[]
      # @param length [Integer, nil]
      # @return [Params, nil, Array<Params>]
      def [](position, length = nil)
        return messages[*[position, length].compact] unless position.is_a?(Integer) && length.nil?

        position += size if position.negative?
        at(@from + position) if position >= 0 && position < size
      end

      # @return [Array<Params>] all messages, not parsed
      def to_a
        messages.dup
      end
      alias entries to_a

      # @return [Array<Params>] all messages, parsed
      # @raise [Errors::ParserError]
      def parsed
        to_a.each(&:retrieve!)
      end

      # @return [Array<Object>] all payloads, parsed
      # @raise [Errors::ParserError]
      def payloads
        messages.map(&:payload)
      end

      # @return [Array<String, nil>] all payloads as they came
      def raw_payloads
        @source.payloads(@from, @to)
      end

      # Single fields of all payloads, read without making the rest. What is not asked for is passed over, not checked.
      # @param fields [Array<String, Symbol, Array<String, Symbol>>] keys; an Array of keys leads to a nested one
      # @return [Array<Object, nil>, Array<Array<Object, nil>>] the values of one field, message by message; of several
      #   fields such a list for each. nil where there is no such field, or no Hash to have one
      # @raise [ArgumentError] for anything but keys
      # @raise [Errors::ParserError] a payload cannot be parsed
      # @example
      #   total = params_batch.pluck(:amount).sum
      #   ids, cities = params_batch.pluck(:id, %i[address city])
      def pluck(*fields)
        paths = Columns.paths(fields)
        columns = Columns.read(self, paths, json? ? @source.columns(@from, @to, paths) : nil)
        columns.size == 1 ? columns.first : columns
      end

      # @return [String] topic name in the application
      def topic
        topic_name(@from)
      end

      # @return [Integer]
      def partition
        @source.partition
      end

      # @return [Integer, nil]
      def first_offset
        @source.offset(@from) unless empty?
      end

      # @return [Integer, nil]
      def last_offset
        @source.offset(@to - 1) unless empty?
      end

      # @return [Integer] 1 on first delivery
      def attempt
        @source.attempt
      end

      # @return [Boolean] was the partition taken away meanwhile?
      def revoked?
        @source.revoked?
      end

      # The message as a job of its own, for controllers that consume message by message.
      # @param index [Integer] position among all records of the source
      # @return [Params]
      # @api private
      def single(index)
        @single = true
        messages[index - @from]
      end

      # @return [Integer] 1 on first delivery of this message
      # @api private
      def attempt_of(index)
        # On its own: those behind the one that failed were not tried before.
        @single && index != @source.first ? 1 : @source.attempt
      end

      # Where it is from, never what is in it.
      # @return [String]
      def inspect
        "#<#{self.class} #{topic}/#{partition} #{first_offset}..#{last_offset} (#{size})>"
      end
      alias to_s inspect

      # Without making messages.
      # @yieldparam headers [Hash]
      # @api private
      def each_headers
        return enum_for(:each_headers) unless block_given?

        (@from...@to).each { |index| yield @source.headers(index) }
      end

      # @return [Object] the parser of the route
      # @api private
      def parser
        @route ? @route.parser : App.config.parser
      end

      # The one place where the parser of the route is asked.
      # @return [Object, nil]
      # @api private
      def parse(index)
        return @source.given(index) if @source.is_a?(HashRecords) && @source.given?(index)

        raw = @source.payload(index)
        raw && parser.parse(raw)
      end

      # @api private
      def topic_name(index)
        return @route.name unless @source.is_a?(HashRecords)

        @source.topic_of(index) || @route&.name
      end

      private

      # Each message is one object for the life of the batch, so that it is parsed once.
      def at(index)
        return @messages[index - @from] if @messages

        (@asked ||= {})[index] ||= make(index, index + 1).first
      end

      def messages
        @messages ||= begin
          list = make(@from, @to)
          @asked&.each { |index, params| list[index - @from] = params }
          list
        end
      end

      def make(from, to)
        Params.list(self, @source, json?, from, to)
      end

      # The core parses JSON for many messages at once, and leaves to Ruby what is out of the ordinary.
      def json?
        Parsers::Json.equal?(parser) && @source.is_a?(Native::Batch)
      end
    end
  end
end
