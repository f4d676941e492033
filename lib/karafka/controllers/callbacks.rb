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
    # that had a message take an empty turn every `max_wait_time` of their group, but not while messages wait to be
    # tried again: `before_poll`, then `after_poll`. What `before_poll` and `after_fetched` raise in a turn with
    # messages fails them, as in `consume`; what is raised elsewhere is told to the monitor (`worker.turn_failed`),
    # and the next empty turn comes after `pause_timeout`. `before_stop` runs once, in instances that had a message;
    # what it raises is told and stops nothing. The last batch stays readable until the next, so these instances hold
    # its memory.
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
        def empty_turns?
          callbacks(:before_poll).any? || callbacks(:after_poll).any?
        end

        # @return [Boolean] has it any callback outside of a message's own?
        # @api private
        def turns?
          empty_turns? || callbacks(:before_stop).any?
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

          # A name of its own in all classes: one that a child uses again would be the parent's no more.
          own = :"karafka_#{type}_#{block.object_id}"
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
        karafka_run_callbacks(:after_fetched) ? super : false
      end

      # @param turn [Processing::Turn] that of the partition
      # @param assignment [Integer] the one this instance belongs to
      # @api private
      def karafka_join_turns(turn, assignment)
        @karafka_turn = turn.for(assignment)
        @karafka_assignment = assignment
      end

      # One turn with messages.
      # @api private
      def karafka_take_turn
        return yield unless @karafka_turn

        @karafka_turn.take do |known|
          Processing::Isolation.wrap { karafka_run_callbacks(:before_poll) } if known
          yield
          # The messages are done, whatever comes now.
          karafka_safely { Processing::Isolation.wrap { karafka_run_callbacks(:after_poll) } }
        end
      end

      # @return [Boolean] is it time for a turn without messages?
      # @api private
      def karafka_turn_due?
        @karafka_turn&.due?(@karafka_assignment)
      end

      # One turn without messages, unless it is too early or somebody else has the partition.
      # @return [void]
      # @api private
      def karafka_take_empty_turn
        @karafka_turn&.take_empty(@karafka_assignment) do
          karafka_safely do
            karafka_run_callbacks(:before_poll)
            karafka_run_callbacks(:after_poll)
          end
        end
      end

      # @api private
      def karafka_call_hook(name)
        return super unless @karafka_turn

        @karafka_turn.hook(name != "on_assigned") do
          karafka_stop_callbacks if name == "on_shutdown" && @karafka_turn.known?
          super
        end
      end

      # Callbacks outside of `consume` may look at the last messages.
      # @api private
      def karafka_forget_batch
        super unless self.class.turns?
      end

      private

      def karafka_safely
        yield
      rescue Exception => e
        Processing::Turns.failed(self, @karafka_turn, e)
      end

      # Nothing that goes wrong here may keep the process, or the hook behind it.
      def karafka_stop_callbacks
        karafka_run_callbacks(:before_stop)
      rescue Exception => e
        Processing::UnitOfWork.stop_for(e)
        Karafka.monitor.notice_error(self.class, e)
      end

      # @return [Boolean] false when one of them aborted
      def karafka_run_callbacks(type)
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
