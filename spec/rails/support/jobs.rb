# frozen_string_literal: true

require "logger"
require "karafka_rs/active_job"

# Owns what specs of Active Job share: the adapter for each job class of an example, where jobs say that they ran, and
# that nothing of either is left for the next example. Active Job alone is loaded, as in an application without Rails.
module Jobs
  # What jobs did, in the order in which they did it. Jobs find it by its name.
  RAN = Queue.new

  class << self
    # Ends the log of Active Job before it loads, and lets arguments be records.
    def load
      ActiveJob::Base.logger = Logger.new(IO::NULL)
      GlobalID.app = "spec"
      ActiveSupport::Rescuable # loads what rescue_from needs
    end
  end

  # A record of a database, as Active Job sees it.
  class Person
    include GlobalID::Identification

    KNOWN = [1, 2].freeze
    attr_reader :id

    def initialize(id)
      @id = id
    end

    def self.find(id)
      raise "there is no person #{id}" unless KNOWN.include?(id.to_i)

      new(id.to_i)
    end

    def ==(other)
      other.is_a?(Person) && other.id == id
    end
  end

  # A job class with a name, which Active Job needs.
  # @return [Class]
  def job(name = "ProbeJob", parent: ActiveJob::Base, &definition)
    type = Class.new(parent)
    stub_const(name, type)
    type.queue_adapter = :karafka
    type.class_eval(&definition) if definition
    type
  end

  # An application with its routes; without a block it serves `default`.
  def jobs_application(settings = nil, partitions: 1, &routes)
    broker("default" => partitions, "default.scheduled" => partitions)
    setup_application do |config|
      # The group's members come and go.
      config.kafka.session_timeout = 1.5
      config.kafka.heartbeat_interval = 0.3
      settings&.call(config)
    end
    draw(&(routes || proc { active_job_topic :default }))
  end

  def ran
    @ran ||= []
    @ran << Jobs::RAN.pop until Jobs::RAN.empty?
    @ran
  end

  # Everything in a topic, in the order of its partitions.
  # @return [Array<Hash>] job, key, headers, partition, offset
  def stored(topic, count)
    found = Queue.new
    reader = controller { found << [params.partition, params.offset, params.raw_payload, params.key, params.headers] }
    inbox_group = "reader#{(@readers = (@readers || 0) + 1)}"
    serve_only(inbox_group, topic, reader) { wait_until("#{count} records in #{topic}") { found.size >= count } }
    Array.new(found.size) { found.pop }.sort.map do |partition, offset, payload, key, headers|
      { partition: partition, offset: offset, job: payload && JSON.parse(payload), key: key, headers: headers }
    end
  end

  private

  def serve_only(group, name, reader)
    Karafka::App.consumer_groups.draw { consumer_group(group) { topic(name) { controller reader } } }
    Karafka::Server.consumer_groups = [group]
    serving { yield }
  ensure
    Karafka::Server.consumer_groups = nil
    Karafka::App.status.reset!
    Karafka::App.status.initialize!
  end
end

Jobs.load

RSpec.configure do |config|
  config.include Jobs, file_path: %r{/rails/active_job\w*_spec\.rb}
  config.after(:each, file_path: %r{/rails/active_job\w*_spec\.rb}) do
    Jobs::RAN.clear
    Karafka::Rails::ActiveJob::Record.forget_warnings
  end
end
