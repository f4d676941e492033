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
      # @raise [Errors::UnregisteredMonitorEvent]
      def subscribe(target, &block)
        return subscribe_object(target) unless target.is_a?(String)
        raise ArgumentError, "subscribe(#{target.inspect}) needs a block" unless block

        known!(target)
        add(target, block)
      end

      # @param target [Proc, Object] a block or an object that was subscribed
      # @return [void]
      def unsubscribe(target)
        SUBSCRIBERS_LOCK.synchronize do
          @subscribers = subscribers.transform_values { |list| list.reject { |one| same?(one, target) } }
        end
      end

      # @return [Array<String>] names of all events
      def available_events
        EVENTS.keys
      end

      # @param event [String]
      # @return [Boolean] would anyone hear it?
      def listening?(event)
        !subscribers[event].nil? || notices?(event)
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

        start = ::Process.clock_gettime(::Process::CLOCK_MONOTONIC, :float_millisecond)
        result = yield
        time = ::Process.clock_gettime(::Process::CLOCK_MONOTONIC, :float_millisecond) - start
        publish(event, payload.merge(time: time))
        result
      end

      # Changes are rare and made on a copy, so that sending needs no lock.
      SUBSCRIBERS_LOCK = Mutex.new
      private_constant :SUBSCRIBERS_LOCK

      private

      def subscribers
        @subscribers ||= {}
      end

      def subscribe_object(object)
        found = EVENTS.keys.select { |event| object.respond_to?(callback(event)) }
        if found.empty?
          raise Errors::UnregisteredMonitorEvent, "#{object.inspect} has no method for any event; " \
                                                  "write for example `def on_worker_process(event)`"
        end

        found.each { |event| add(event, object.method(callback(event))) }
      end

      def add(event, callable)
        SUBSCRIBERS_LOCK.synchronize do
          list = subscribers.fetch(event, [])
          @subscribers = subscribers.merge(event => list + [callable]) unless list.include?(callable)
        end
      end

      def callback(event)
        :"on_#{event.tr(".", "_")}"
      end

      def same?(callable, target)
        callable == target || (callable.is_a?(Method) && callable.receiver.equal?(target))
      end

      def known!(event)
        return if EVENTS.key?(event)

        raise Errors::UnregisteredMonitorEvent, "there is no event #{event.inspect}; " \
                                                "#{Setup::Suggestion.for(event, EVENTS.keys)}"
      end

      def publish(event, payload)
        subscribers[event]&.each { |callable| deliver(callable, event, payload) }
      end

      def deliver(callable, event, payload)
        callable.call(Event.new(event, payload))
      rescue StandardError, ScriptError => e
        subscriber_failed(callable, event, e)
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
