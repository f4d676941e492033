# frozen_string_literal: true

require_relative "child_process"

# Owns members that join the groups, stay for a few seconds, and leave, again and again, on a thread of its own.
class Guests
  # Seconds that one stays, and until the next one comes.
  STAY = (2.0..4.0)
  AWAY = (1.0..3.0)

  # @return [Array<String>] what those that have left wrote
  attr_reader :files

  # @param folder [String] for their files
  # @yieldparam file [String]
  # @yieldreturn [ChildProcess] a member that will write it
  def initialize(folder, &start)
    @folder = folder
    @start = start
    @files = []
    @random = Random.new(1)
    @thread = Thread.new { visit until @ending }
  end

  # Lets the last one leave.
  # @return [void]
  def stop
    @ending = true
    @thread.join
  end

  private

  def visit
    sleep @random.rand(AWAY)
    file = File.join(@folder, "guest-#{@files.size}.json")
    guest = @start.call(file)
    sleep @random.rand(STAY)
    status = guest.stop
    raise "a guest ended with #{status}" unless status.success?

    @files << file
  end
end
