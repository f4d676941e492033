# frozen_string_literal: true

# Owns asking what the producers of this process have counted, and where they count. Any thread. Must not touch what a
# parent process has counted.
module Karafka
  class Producer
    # Class methods of {Producer}.
    module Counted
      @lock = Mutex.new

      # A forked child begins anew.
      # @return [Native::ProducerRegistry]
      # @api private
      def self.registry
        @lock.synchronize do
          @registry = Native::ProducerRegistry.new unless @process == ::Process.pid
          @process = ::Process.pid
          @registry
        end
      end

      # How the producers of this process are, by name, and what they sent, closed ones too: what `/status` has under
      # `producers`. For processes without `config.http.bind`, a web server's for example.
      # @return [Array<Hash{Symbol => Object}>]
      def status
        Counted.registry.status
      end

      # The same as text for Prometheus: what `/metrics` has of producers.
      # @return [String]
      def metrics
        Counted.registry.metrics
      end
    end
  end
end
