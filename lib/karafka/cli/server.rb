# frozen_string_literal: true

# Owns `karafka server`. Must not know how consuming works.
module Karafka
  module Cli
    class Server < Base
      NAME = "server"
      SUMMARY = "Consume the routed topics until INT, TERM or QUIT"
      Cli.commands[NAME] = self

      # @return [Integer] exit code
      def call
        # What user code prints must be seen when it happens, into a pipe or a log too.
        $stdout.sync = true
        load_application
        check_groups
        Karafka::Server.consumer_groups = @groups
        puts "Starting Karafka server (karafka_rs #{VERSION}, client id #{App.config.client_id})"
        return 0 if Karafka::Server.run

        # Threads with the work that was left behind may hold the process for ever, so it ends without them.
        $stdout.flush
        $stderr.flush
        exit!(2)
      end

      private

      def options(parser)
        @groups = []
        parser.on("-g", "--consumer-groups NAMES", Array, "Only these groups: a,b") { |names| @groups.concat(names) }
      end

      def check_groups
        known = App.consumer_groups.map(&:name)
        unknown = @groups - known
        return if unknown.empty?

        raise UsageError, "unknown consumer group #{unknown.join(", ")}; the routes have #{known.join(", ")}"
      end
    end
  end
end
