# frozen_string_literal: true

require_relative "databases"

# Owns a consumer process whose effects can be counted, and that ends or stops itself at a chosen point; and what is
# looked at afterwards: rows by number of the record, sums by partition.
module Effects
  # Points in a job, in their order.
  POINTS = %w[before block applied committed after].freeze

  # FATE is "SIGNAL:point:which": the signal that the process sends itself when it is at this point for that time.
  # "SIGNAL:time:seconds": so long after the first job has begun.
  SCRIPT = <<~'RUBY'
    require "active_record"
    ActiveRecord::Base.establish_connection(ENV.fetch("DATABASE"))
    Effect = Class.new(ActiveRecord::Base) { self.table_name = "effects" }
    Total = Class.new(ActiveRecord::Base) { self.table_name = "totals" }

    SIGNAL, POINT, WHICH = ENV.fetch("FATE", "none:none:0").split(":")
    LOCK = Mutex.new
    PASSED = []
    CONTINUED = Queue.new
    trap("CONT") { CONTINUED << true }

    def nth?(point, which)
      LOCK.synchronize { POINT == point && PASSED.push(point).size == which }
    end

    def meet(point)
      return unless nth?(point, WHICH.to_i)

      puts "#{SIGNAL} at #{point}"
      Process.kill(SIGNAL, Process.pid)
      # What stops the other threads may reach this one late: at this point it stays until it is told to go on.
      CONTINUED.pop if SIGNAL == "STOP"
    end

    def begin_fate
      return unless nth?("time", 1)

      Thread.new do
        sleep WHICH.to_f # until the moment of the kill
        Process.kill(SIGNAL, Process.pid)
      end
    end

    module Applying
      def on_assigned
        puts "assigned #{partition}"
      end

      def apply(messages)
        messages.each_with_index do |params, number|
          Effect.create!(number: params.payload["number"], amount: params.payload["amount"])
          meet("block") if number == messages.size / 2
        end
        sum = messages.sum { |params| params.payload["amount"] }
        Total.where(partition: partition).update_all(["sum = sum + ?", sum])
        meet("applied")
      end
    end

    class Exact < Karafka::BaseConsumer
      include Karafka::Rails::ExactlyOnce
      include Applying

      def consume
        begin_fate
        meet("before")
        applied = 0
        exactly_once { |messages| apply(messages).then { applied = messages.size } }
        puts "skipped #{params_batch.size - applied}" if applied < params_batch.size
        meet("after")
      end

      def mark_as_consumed(*)
        meet("committed")
        super
      end
    end

    class Naive < Karafka::BaseConsumer
      include Applying

      def consume
        begin_fate
        apply(params_batch.to_a)
      end
    end

    application do |config|
      config.max_messages = 10
      config.concurrency = Integer(ENV.fetch("CONCURRENCY", "5"))
    end
    consumer = Object.const_get(ENV.fetch("CONSUMER", "Exact"))
    routes do
      topic(:amounts) do
        controller consumer
        batch_consuming true
      end
    end
    %w[worker.failed worker.hook_failed error.occurred].each do |name|
      Karafka.monitor.subscribe(name) { |event| warn "#{name} #{event[:error].class}: #{event[:error].message}" }
    end
    Karafka.monitor.subscribe("app.running") { puts "running" }
    puts "up"
    exit Karafka::Server.run
  RUBY

  # Tables that have nothing against a row that is there twice.
  def prepare_effects(kind, partitions)
    @url = new_database(kind)
    prepare_database(@url) do
      create_table(:effects) do |table|
        table.integer :number
        table.integer :amount
      end
      create_table(:totals) do |table|
        table.integer :partition
        table.bigint :sum
      end
      partitions.times { |partition| execute("INSERT INTO totals (partition, sum) VALUES (#{partition}, 0)") }
    end
  end

  # @param fate [String, nil] see {SCRIPT}
  # @return [Children::Child]
  def effects_consumer(fate: nil, consumer: "Exact", concurrency: 5)
    # SQLite: one that stops has the only lock, and the driver's wait for it holds every thread; the guide says so.
    url = @url.sub("timeout=5000", "timeout=50")
    how = { "DATABASE" => url, "FATE" => fate, "CONSUMER" => consumer, "CONCURRENCY" => concurrency.to_s }
    child(SCRIPT, env: how)
  end

  # @return [Array<Integer>] number of the record of each row
  def effects
    rows("SELECT number FROM effects ORDER BY number").flatten
  end

  # @return [Integer]
  def effects_count
    rows("SELECT COUNT(DISTINCT number) FROM effects").first.first
  end

  # @return [Array(Integer, Integer)] the sum of the rows, and that of the totals
  def sums
    rows("SELECT (SELECT SUM(amount) FROM effects), (SELECT SUM(sum) FROM totals)").first.map(&:to_i)
  end

  def rows(sql)
    ActiveRecord::Base.connection.select_rows(sql)
  end
end

RSpec.configure { |config| config.include Effects, file_path: %r{/spec/rails/} }
