# frozen_string_literal: true

require "json"
require_relative "brokers"
require_relative "child"

# Owns the rounds of one group: its broker, its topics, each case once a round. Runs on the thread that calls.
class Rounds
  # @param cases [Array<Case>] of one group
  # @param number [Integer] of rounds
  def initialize(cases, number)
    @cases = cases
    @number = number
  end

  # @return [Hash{Case => Array<Hash>}] measurements
  # @raise [Child::Failed] it names the case and says what is wrong
  def run
    @brokers = Brokers.serve(places)
    filled = @cases.map(&:topic).reject(&:empty?).uniq(&:name)
    @facts = filled.to_h do |topic|
      progress("filling #{topic}")
      [topic.name, naming("fill #{topic}") { Brokers.fill(@brokers, topic) }]
    end
    measure
  ensure
    progress("")
    Child.stop_all
  end

  private

  def measure
    runs = @cases.to_h { |it| [it, []] }
    @number.times do |round|
      @cases.each do |it|
        progress("round #{round + 1} of #{@number}: #{it.title}")
        runs[it] << naming(it.title) { one(it, round) }
      end
    end
    runs
  end

  def one(it, round)
    values = { brokers: @brokers, topic: place(it, round), partitions: it.topic.partitions, records: it.count }
    found = JSON.parse(Child.run(*it.command(values), *properties(it, round)))
    Facts.check(found, @facts.fetch(it.topic.name)) if %w[consume bridge ceiling].include?(it.program)
    found
  end

  # @return [Hash{String => Topic}] all that the rounds will use, by name
  def places
    @cases.flat_map { |it| Array.new(@number) { |round| [place(it, round), it.topic] } }.to_h
  end

  def place(it, round)
    it.topic.name("#{it.key}-#{round}")
  end

  def properties(it, round)
    return [] unless it.rust?
    return it.others(Brokers.producer_properties(@brokers)) if it.program == "ceiling_produce"

    Brokers.properties(@brokers, place(it, round), "#{it.key}-#{round}")
  end

  def naming(title)
    yield
  rescue Child::Failed, Facts::Wrong => e
    raise Child::Failed, "#{title}: #{e.message}"
  end

  def progress(text)
    $stderr.print "\r\e[K#{text}" if $stderr.tty?
  end
end
