# frozen_string_literal: true

require "fileutils"
require_relative "journal"
require_relative "plan"
require_relative "clusters"
require_relative "members"
require_relative "sampler"
require_relative "checker"

# Owns one history from its plan to its verdict: brokers, processes, faults at their time, healing, the wait until all
# is consumed and committed, the stop, the check. A process of its own, started by the runner in a process group of its
# own; the main thread does everything but sampling. Prints one line of JSON. Every wait has a bound.
#
#   ruby -Ilib faults/history.rb SEED FOLDER KINDS_OF_BROKERS
module Faults
  class History
    BROKERS = { "mock" => MockBrokers, "nisshi" => Nisshi }.freeze
    # Seconds: first process up, records consumed and committed when all is well again, a process ended after TERM.
    BOOT = 15
    SETTLE = 25
    LEAVE = 30

    def initialize(plan, folder)
      @plan = plan
      @folder = folder
      @members = []
      @stuck = []
      @counts = Hash.new(0)
      @schedule = []
    end

    # @return [Hash] the verdict
    def run
      File.write(File.join(@folder, "plan.json"), JSON.pretty_generate(@plan))
      started = Journal.now
      @cluster = BROKERS.fetch(@plan[:broker][:kind]).new(@plan, @folder)
      live
      verdict.merge(seconds: (Journal.now - started).round(1))
    ensure
      @members.each { |member| member.signal(:KILL) }
      @cluster&.close
    end

    private

    def live
      @sampler = Sampler.new(@cluster.servers, MockBrokers::GROUP, @plan[:partitions])
      @plan[:members].first(@plan[:first]).each { |member| start(member[:name]) }
      wait(BOOT) { @members.any? { |member| member.running? || !member.alive? } } || @stuck << "no consumer runs"
      @members << (@producer = Member.producer(@folder, @cluster.servers))
      wait(BOOT) { @producer.journal.any? || !@producer.alive? } || @stuck << "the producer does not produce"
      @sampler.start
      carry_out
      heal
      settle
      stop
      @sampler.stop
    end

    # Faults, their ends, and processes that come back, each at its time.
    def carry_out
      start = Journal.now
      @plan[:faults].each { |fault| at(start + fault[:at]) { inflict(fault) } }
      until @schedule.empty?
        time, action = @schedule.shift
        sleep([time - Journal.now, 0].max)
        action.call
      end
    end

    def at(time, &action)
      @schedule << [time, action]
      @schedule.sort_by!(&:first)
    end

    def inflict(fault)
      done = %w[join kill term stop quiet].include?(fault[:kind]) ? treat(fault) : disturb(fault)
      return unless done

      @counts[fault[:kind] == "requests" ? "#{fault[:api]} #{fault[:code]}" : fault[:kind]] += 1
      note(fault)
    end

    # A second fault of a kind that is on already would end with the first.
    def disturb(fault)
      place = fault.values_at(:kind, :broker)
      return false if ongoing.include?(place)

      ending = @cluster.apply(fault)
      return true unless ending

      ongoing << place
      at(Journal.now + fault[:for]) do
        ending.call
        ongoing.delete(place)
        note(fault.merge(ended: true))
      end
    end

    def treat(fault)
      name = fault[:member]
      member = consumers.reverse.find { |one| one.name == name && one.alive? && one.asked.nil? }
      return member ? false : start(name) if fault[:kind] == "join"
      return false unless member && (fault[:kind] == "kill" || ready?(member))

      send(:"#{fault[:kind]}_member", member, fault)
    end

    # Under the new protocol the embedded broker keeps a member that leaves before its first assignment: it has told it
    # no epoch that it could leave with.
    def ready?(member)
      @plan[:strategy] == "consumer" ? member.assigned? : member.running?
    end

    def kill_member(member, fault)
      back(member, fault) if member.signal(:KILL)
    end

    def term_member(member, fault)
      back(member, fault) if member.signal(fault[:signal].to_sym)
    end

    # Nothing but a stop follows.
    def quiet_member(member, fault)
      return false unless Karafka::Process::SIGNALS.include?("TSTP") && member.signal(:TSTP)

      at(Journal.now + fault[:for]) { term_member(member, fault.merge(signal: "TERM")) }
    end

    def stop_member(member, fault)
      return false unless member.signal(:STOP)

      at(Journal.now + fault[:for]) { member.signal(:CONT) }
    end

    # A process comes back as users start it again: when the old one has ended.
    def back(member, fault)
      return true unless fault[:again]

      at(Journal.now + fault[:again]) do
        member.join(LEAVE)
        start(member.name)
        note({ kind: "again", member: member.name })
      end
    end

    def heal
      @cluster.heal
      replace
    end

    # Somebody must be there to consume what is left: user code and fatal errors may have ended the last process.
    def replace
      return if consumers.any? { |member| member.alive? && member.asked.nil? }

      start(@plan[:members].first[:name])
      note({ kind: "replacement" })
    end

    # Everything produced must be consumed and committed, and it must not take for ever.
    def settle
      @producer.join(LEAVE) || @stuck << "the producer does not end"
      last = nil
      return if wait(SETTLE, 0.1) do
        replace
        last = @sampler.look || last
        last&.all? { |it| (it[:committed] || 0) == it[:high] }
      end

      @stuck << "not all was consumed and committed #{SETTLE} s after the last fault: #{JSON.generate(last)}"
    end

    def stop
      living = consumers.select(&:alive?)
      # TERM to a process that is still loading is Ruby's own business.
      wait(BOOT) { living.all? { |member| member.running? || !member.alive? } } || @stuck << "a consumer does not run"
      living.each { |member| member.signal(:TERM) }
      deadline = Journal.now + LEAVE
      living.each do |member|
        next if member.join([deadline - Journal.now, 0].max)

        @stuck << "#{member.name} (process #{member.pid}) did not end within #{LEAVE} s of TERM"
        member.signal(:KILL)
        member.join(5)
      end
    end

    def verdict
      facts = {
        producer: @producer.journal, consumers: consumers.to_h { |one| ["#{one.name}.#{one.pid}", one.journal] },
        samples: @sampler.samples, exits: @members.map(&:exit), stuck: @stuck
      }
      File.write(File.join(@folder, "samples.json"), JSON.generate(@sampler.samples))
      checker = Checker.new(**facts)
      violations = checker.violations.map(&:to_h)
      { seed: @plan[:seed], broker: @plan[:broker][:kind], violations: violations, faults: @counts, **checker.figures }
    end

    def start(name)
      @members << Member.consumer(name, @folder, @cluster.servers)
      true
    end

    def consumers
      @members - [@producer]
    end

    def ongoing
      @ongoing ||= []
    end

    def note(fact)
      @notes ||= Journal.new(File.join(@folder, "faults.log"))
      @notes.write(fact[:kind], fact)
    end

    def wait(seconds, step = 0.02)
      deadline = Journal.now + seconds
      until (result = yield)
        return false if Journal.now > deadline

        sleep step
      end
      result
    end
  end
end

if $PROGRAM_NAME == __FILE__
  seed, folder, kinds = ARGV
  plan = Faults::Plan.for(Integer(seed), brokers: kinds.split(","))
  puts JSON.generate(Faults::History.new(plan, folder).run)
end
