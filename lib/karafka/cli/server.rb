# frozen_string_literal: true

# Owns `karafka server`. Must not know how consuming works.
module Karafka
  class Cli
    class Server < Base
      desc "Consume the routed topics until INT, TERM or QUIT (short: karafka s)"
      option :daemon, type: :boolean, default: false, aliases: :d,
                      desc: "Go into the background once it consumes"
      option :pid, aliases: :p, banner: "PATH",
                   desc: ["Write the process' number here, and remove the file at the end",
                          "(with --daemon: tmp/pids/karafka)"]
      option :consumer_groups, type: :array, aliases: :g, banner: "NAMES", desc: "Only these groups: a b, or a,b"

      # @return [void]
      def call
        # Before the application is loaded, which may make producers: a child could not use them.
        up = Daemon.start if options[:daemon]
        pid_file&.hold
        boot
        # Not before: librdkafka looks at its properties when the groups connect.
        Karafka.monitor.subscribe("app.running") { up.call } if up
        return if Karafka::Server.run

        leave_behind
      end

      private

      # Threads with the work that was left behind may hold the process for ever, so it ends without them.
      def leave_behind
        # The application's own, too: nothing registered for the end of the process will run.
        OpenProducers.finish
      ensure
        pid_file&.release
        flush($stdout)
        flush($stderr)
        exit!(2)
      end

      def flush(stream)
        stream.flush
      rescue SystemCallError, IOError
        # What it held is lost, and the process ends all the same.
      end

      def boot
        # What user code prints must be seen when it happens, into a pipe or a log too.
        $stdout.sync = true
        Rails::Boot.serving!
        load_application
        Rails::Boot.prepare_server if Rails::Boot.loaded?
        check_groups
        Karafka::Server.consumer_groups = groups
        greet
      end

      # Standard output may be a file on a full disk, or a pipe that nobody reads: no reason to stay away.
      def greet
        puts "Starting Karafka server"
        info
      rescue SystemCallError, IOError => e
        Karafka.monitor.instrument("app.warning", message: "nothing can be written to standard output (#{e.message})")
      end

      def pid_file
        return @pid_file if defined?(@pid_file)

        path = options[:pid] || (Karafka.root.join("tmp/pids/karafka") if options[:daemon])
        @pid_file = path && PidFile.new(path)
      end

      def groups
        options[:consumer_groups] || []
      end

      def check_groups
        known = App.consumer_groups.map(&:name)
        unknown = groups - known
        return if unknown.empty?

        raise UsageError, "unknown consumer group #{unknown.join(", ")}; the routes have #{known.join(", ")}"
      end
    end
  end
end
