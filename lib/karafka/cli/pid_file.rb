# frozen_string_literal: true

require "fileutils"

# Owns the file that tells a process' number to others: it appears before the server consumes, and vanishes as the last
# thing the process does, which is what deployments wait for. One process at a time has it.
module Karafka
  class Cli
    # @api private
    class PidFile
      # @param path [String, Pathname]
      def initialize(path)
        @path = File.expand_path(path.to_s)
      end

      # Writes the file; a stale one, whose process has ended, is taken over.
      # @return [void]
      # @raise [UsageError] its process runs, it is no such file, or it cannot be written
      def hold
        FileUtils.mkdir_p(File.dirname(@path))
        # Somebody who ends at this moment may take the file away: then it is made anew.
        nil until write
        # Blocks run in reverse: those of the application, and of producers, come first.
        at_exit { release }
      rescue SystemCallError => e
        raise UsageError, "cannot write the pid file #{@path} (#{e.class}); name another with --pid"
      end

      # Removes the file, if it is this process'. A child of it that ends leaves it alone.
      # @return [void]
      def release
        File.delete(@path) if File.read(@path).strip == ::Process.pid.to_s
      rescue SystemCallError
        # It is gone, or out of reach.
      end

      private

      def write
        File.open(@path, File::RDWR | File::CREAT, 0o644) do |file|
          file.flock(File::LOCK_EX)
          check(file.read.strip)
          file.rewind
          file.truncate(0)
          file.write("#{::Process.pid}\n")
          file.flush
          File.identical?(file, @path)
        end
      end

      def check(text)
        return if text.empty?

        pid = Integer(text, 10, exception: false)
        raise UsageError, "#{@path} is not a pid file, it holds #{text[0, 20].inspect}; name another with --pid" unless
          pid&.positive?
        return if pid == ::Process.pid || !alive?(pid)

        raise UsageError, "#{@path} belongs to process #{pid}, which is running; stop it (kill -INT #{pid}), or name " \
                          "another file with --pid"
      end

      def alive?(pid)
        ::Process.kill(0, pid)
        true
      rescue Errno::ESRCH
        false
      rescue Errno::EPERM
        true
      end
    end
  end
end
