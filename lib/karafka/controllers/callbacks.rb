# frozen_string_literal: true

# Owns the callbacks of Karafka 1.1: what they are, their order, and when an instance runs them. Runs on the worker that
# has the instance, or on the thread of {Processing::Turns}; never on both at once. Controllers without this module pay
# nothing for it.
module Karafka
  # What controllers may include.
  module Controllers
    # Include it to have `after_fetched`, `before_poll`, `after_poll` and `before_stop`. Each takes the name of a
    # method, which may be private, or a block, which is run as a method: `self` is the controller, `return` and `next`
    # both work, and a block with a parameter is given the controller too. Callbacks run in the order of their
    # definition, those of parent classes first. `throw(:abort)` skips the rest of them; in `after_fetched` it skips
    # `consume` as well, and the messages count as consumed.
    #
    # A turn is one batch of the partition: `before_poll` (not before the first batch), then `after_fetched` and
    # `consume` (for each message when `batch_consuming` is false), then `after_poll`. While nothing comes, partitions
    # that once had a message take an empty turn every `max_wait_time`: `before_poll`, then `after_poll`. What raises
    # in a turn with messages is an error like one in `consume`; after one in an empty turn the next comes after
    # `pause_timeout`. `before_stop` runs once, in instances that had a message; what it raises is told to the monitor.
    # @example
    #   class EventsController < Karafka::BaseController
    #     include Karafka::Controllers::Callbacks
    #     after_fetched { throw(:abort) if params_batch.to_a.last.create_time < Time.now - 3600 }
    #     before_stop :flush
    #   end
    module Callbacks
      # What can be defined.
      TYPES = %i[after_fetched after_poll before_poll before_stop].freeze

      # What the class gets.
      module Definitions
        TYPES.each do |type|
          # Adds a callback.
          # @param method_name [Symbol, String, nil]
          # @yieldparam controller [BaseController] self
          # @return [void]
          # @raise [ArgumentError] neither a name nor a block, or both
          define_method(type) { |method_name = nil, &block| add_callback(type, method_name, block) }
        end
        # The name since Karafka 1.2.
        alias after_fetch after_fetched

        # @return [Array<Array(Symbol, Boolean)>] names of methods, and whether each wants the controller
        # @api private
        def callbacks(type)
          inherited = superclass.respond_to?(:callbacks) ? superclass.callbacks(type) : []
          inherited + own_callbacks[type]
        end

        # @return [Boolean] must an instance take turns when nothing comes?
        # @api private
        def turns?
          callbacks(:before_poll).any? || callbacks(:after_poll).any?
        end

        # @api private
        def hooks?
          super || callbacks(:before_stop).any?
        end

        private

        def own_callbacks
          @own_callbacks ||= Hash.new { |all, type| all[type] = [] }
        end

        def add_callback(type, name, block)
          unless name.nil? ^ block.nil? && (name.nil? || name.is_a?(Symbol) || name.is_a?(String))
            given = [name&.inspect, block && "a block"].compact.join(" and ")
            raise ArgumentError, "#{self}: #{type} was given #{given.empty? ? "nothing" : given}; " \
                                 "give the name of a method, or a block"
          end

          return own_callbacks[type] << [name.to_sym, false] if name

          own = :"karafka_#{type}_#{name}_#{own_callbacks[type].size}"
          # Blocks become methods: in a method `return` is as good as `next`.
          define_method(own, &block)
          private(own)
          own_callbacks[type] << [own, !block.arity.zero?]
        end
      end

      class << self
        # @api private
        def included(type)
          super
          type.extend(Definitions)
        end
      end

      # @return [Object] what `consume` returned; false when a callback aborted
      def call
        @karafka_known = true
        run_callbacks(:after_fetched) ? super : false
      end

      # @api private
      def karafka_lease=(lease)
        @karafka_turn = Mutex.new
        super
      end

      # One turn with messages.
      # @api private
      def take_turn
        return yield unless @karafka_turn

        @karafka_turn.synchronize do
          run_callbacks(:before_poll) if @karafka_known
          yield
          run_callbacks(:after_poll) if @karafka_known
        end
      end

      # One turn without messages, unless there is one with messages right now.
      # @return [void]
      # @api private
      def take_empty_turn
        return unless @karafka_known && @karafka_turn.try_lock

        begin
          run_callbacks(:before_poll)
          run_callbacks(:after_poll)
        ensure
          @karafka_turn.unlock
        end
      end

      # @api private
      def call_hook(name)
        @karafka_turn.synchronize do
          stop_callbacks if name == "on_shutdown" && @karafka_known
          super
        end
      end

      # Callbacks outside of `consume` may look at the last messages.
      # @api private
      def forget_batch
        super unless self.class.turns? || self.class.callbacks(:before_stop).any?
      end

      private

      # Nothing that goes wrong here may keep the process, or the hook behind it.
      def stop_callbacks
        run_callbacks(:before_stop)
      rescue StandardError, NotImplementedError => e
        Karafka.monitor.notice_error(self.class, e)
      end

      # @return [Boolean] false when one of them aborted
      def run_callbacks(type)
        completed = false
        catch(:abort) do
          self.class.callbacks(type).each { |name, wants_self| wants_self ? send(name, self) : send(name) }
          completed = true
        end
        completed
      end
    end
  end

  # The names since Karafka 1.2: the same modules.
  Consumers = Controllers
end
