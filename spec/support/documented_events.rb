# frozen_string_literal: true

require_relative "../../rakelib/docs/events"

# Owns comparing payloads of events with what docs/events.md says of them. Hears all events of the process' monitor.
class DocumentedEvents
  # By the words of the documents.
  CHECKS = {
    "Object" => ->(_) { true }, "true or false" => ->(value) { [true, false].include?(value) },
    "Array of String" => ->(value) { value.is_a?(Array) && value.all?(String) },
    "Array of Hash" => ->(value) { value.is_a?(Array) && value.all?(Hash) },
    "Array of Hash with topic and partition" => lambda do |value|
      value.is_a?(Array) && value.all? { |it| it[:topic].is_a?(String) && it[:partition].is_a?(Integer) }
    end
  }.freeze

  def initialize
    @heard = Queue.new
    @subscribers = Karafka::Instrumentation::EVENTS.keys.map do |event|
      subscriber = ->(told) { @heard << [event, told.payload] }
      Karafka.monitor.subscribe(event, &subscriber)
      subscriber
    end
  end

  # @return [Array<String>] names that were heard so far
  def names
    all.map(&:first).uniq
  end

  # @return [Array<Hash>] payloads of the event so far
  def of(event)
    all.filter_map { |name, payload| payload if name == event }
  end

  # @return [Array<String>] what is not as it is documented
  def problems
    all.flat_map { |event, payload| problems_of(event, payload) }.uniq
  end

  def stop
    @subscribers.each { |subscriber| Karafka.monitor.unsubscribe(subscriber) }
  end

  private

  def all
    @all ||= []
    @all << @heard.pop until @heard.empty?
    @all
  end

  def problems_of(event, payload)
    keys = Docs::Events.keys(event)
    unknown = payload.keys - keys.map(&:name)
    missing = keys.map(&:name) - payload.keys
    wrong = keys.reject { |key| fits?(key, payload[key.name]) }
    unknown.map { |name| "#{event} has #{name}, which is not documented" } +
      missing.map { |name| "#{event} has no #{name}" } +
      (wrong.map(&:name) - missing).map { |name| "#{event}: #{name} is #{payload[name].inspect}" }
  end

  def fits?(key, value)
    return key.optional? if value.nil?

    return true if key.note&.include?("Symbol") && value.is_a?(Symbol)

    type = key.type[/\A[^,;]+/]
    check = CHECKS.fetch(type) { ->(it) { Object.const_get(type) === it } }
    check.call(value)
  end
end
