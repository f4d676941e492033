# frozen_string_literal: true

# Owns subscribing and sending. Events are sent on the thread where they happen; a subscriber that raises is reported
# and must not break the work it watches. Must not log by itself.
module Karafka
  module Instrumentation
    # One event as a subscriber sees it.
    # @example
    #   event[:topic]
    Event = Struct.new(:id, :payload) do
      # @param key [Symbol]
      # @return [Object, nil]
      def [](key)
        payload[key]
      end
    end

    # Mixed into {Monitor}, and into a monitor of the user that has only `notice` and `notice_error`.
    module Notifications
      # @param target [String, Object] name of an event, with a block; or an object with methods named like
      #   `on_worker_process(event)`. The same object is subscribed once.
      # @yieldparam event [Event]
      # @return [void]
      # @raise [Errors::UnregisteredMonitorEvent] there is no such event, or the object has a method for none
      # @raise [ArgumentError] the block is missing or too much, or cannot take the event
      def subscribe(target, &block)
        # A Symbol has no such methods; who writes one means an event.
        return subscribe_object(target, block) unless String === target || Symbol === target

        known!(target)
        unless block
          raise ArgumentError, "subscribe(#{target.inspect}) got no block; write `subscribe(...) { |event| ... }`"
        end

        add(target, block)
      end

      # @param target [Proc, Object] a block or an object that was subscribed
      # @return [void]
      # @raise [ArgumentError] the name of an event, which says not whom
      def unsubscribe(target)
        if String === target || Symbol === target
          raise ArgumentError, "unsubscribe got #{target.inspect}; give the block or the object that was subscribed"
        end

        SUBSCRIBERS_LOCK.synchronize do
          @subscribers = subscribers.transform_values { |list| list.reject { |one| same?(one, target) } }
            .reject { |_, list| list.empty? }
          @listening = nil
        end
        Processing::Interest.changed(self) if Karafka.monitor?(self)
      end

      # @return [Array<String>] names of all events
      def available_events
        EVENTS.keys
      end

      # @param event [String]
      # @return [Boolean] would anyone hear it?
      def listening?(event)
        # Asked for each message. Whoever changes the subscribers puts this Hash away, a late answer with it.
        known = (@listening ||= {})
        known.fetch(event) { known[event] = (subscribers[event]&.any? || notices?(event)) }
      end

      # Sends an event; after the block when there is one, with its `time` in milliseconds. Nothing is sent when the
      # block raises.
      # @param event [String]
      # @param payload [Hash{Symbol => Object}]
      # @return [Object, nil] result of the block
      def instrument(event, payload = {})
        # Before the work, as in 1.1: what fails was noticed too.
        tell_monitor(event, payload)
        unless block_given?
          publish(event, payload)
          return
        end

        start = Clock.milliseconds
        result = yield
        publish(event, payload.merge(time: Clock.milliseconds - start))
        result
      end

      # Changes are rare and made on a copy, so that sending needs no lock.
      SUBSCRIBERS_LOCK = Mutex.new
      # Events that are told in the middle of user code.
      IN_USER_CODE = %w[producer. responders. controllers. offset. error.].freeze
      private_constant :SUBSCRIBERS_LOCK, :IN_USER_CODE

      private

      def subscribers
        @subscribers ||= {}
      end

      def subscribe_object(object, block)
        found = EVENTS.keys.select { |event| Setup::Rules.answers?(object, callback(event)) }
        shown = Setup::Problems.show(:subscriber, object)
        if found.empty?
          raise Errors::UnregisteredMonitorEvent, "#{shown} has no method for any event; " \
                                                  "write for example `def on_worker_process(event)`"
        end
        raise ArgumentError, "subscribe got #{shown} and a block; give the name of an event with a block" if block

        methods = found.to_h { |event| [event, object.method(callback(event))] }
        methods.each { |event, method| takes_event!(callback(event), method) }
        methods.each { |event, method| add(event, method) }
      end

      # Found out when it is written, not when the event comes.
      def takes_event!(name, callable)
        return if callable.arity == 1 || callable.arity.between?(-2, -1)

        raise ArgumentError, "#{name} takes #{callable.arity.abs} arguments; have it take one, the event"
      end

      def add(event, callable)
        takes_event!("the subscriber of #{event}", callable) if callable.is_a?(Proc) && callable.lambda?
        SUBSCRIBERS_LOCK.synchronize do
          list = subscribers.fetch(event, [])
          @subscribers = subscribers.merge(event => list + [callable]) unless list.include?(callable)
          @listening = nil
        end
        Processing::Interest.changed(self) if Karafka.monitor?(self)
        OpenProducers.watch if PRODUCER_EVENTS.include?(event)
      end

      def callback(event)
        :"on_#{event.tr(".", "_")}"
      end

      def same?(callable, target)
        callable == target || (callable.is_a?(Method) && callable.receiver.equal?(target))
      end

      def known!(event)
        return if EVENTS.key?(event)

        raise Errors::UnregisteredMonitorEvent, "there is no event #{Setup::Problems.show(:event, event)}; " \
                                                "#{Setup::Suggestion.for(event, EVENTS.keys)}"
      end

      def publish(event, payload)
        subscribers[event]&.each { |callable| deliver(callable, event, payload) }
      end

      def deliver(callable, event, payload)
        callable.call(Event.new(event, payload))
      rescue StandardError, ScriptError => e
        subscriber_failed(callable, event, e)
      rescue Exception => e
        raise if meant_for_others?(event, e)

        subscriber_failed(callable, event, e)
      end

      # What ends the process must reach who ends it. In the middle of user code anything that is no StandardError may
      # be meant for the code around, a Timeout for example, which another thread sends.
      def meant_for_others?(event, error)
        Processing::UnitOfWork::STOPPING.any? { |type| error.is_a?(type) } || event.start_with?(*IN_USER_CODE)
      end

      def subscriber_failed(callable, event, error)
        # Straight to the log, because a subscriber of errors may be the one that fails. When the log itself fails there
        # is nobody left to tell.
        return if callable.is_a?(Method) && callable.receiver.equal?(LogListener)

        LogListener.on_error_occurred(Event.new("error.occurred", { caller: "subscriber of #{event}", error: error }))
      end

      def tell_monitor(event, payload)
        if notices?(event)
          notice(*NOTICES[event].call(payload))
        elsif ERROR_NOTICES.key?(event) && own?(:notice_error)
          notice_error(Connection::Consumer, ERROR_NOTICES[event].call(payload))
        end
      rescue StandardError, ScriptError => e
        subscriber_failed(self, event, e)
      end

      # Only a monitor that overrides `notice` or `notice_error` wants the calls of Karafka 1.1.
      def notices?(event)
        NOTICES.key?(event) && own?(:notice)
      end

      def own?(name)
        (@karafka_own ||= {}).fetch(name) { @karafka_own[name] = method(name).owner != Monitor }
      end
    end
  end
end
