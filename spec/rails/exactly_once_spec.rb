# frozen_string_literal: true

require "spec_helper"
require_relative "support/databases"

# What Karafka::Rails::ExactlyOnce does in each situation, in this process. Processes that are killed:
# transactions_spec.rb.
RSpec.describe Karafka::Rails::ExactlyOnce do
  row = Class.new(ActiveRecord::Base) do
    self.table_name = "rows"

    def self.add(messages)
      messages.each { |params| create!(number: params.payload) }
    end
  end
  other_database = Class.new(ActiveRecord::Base) { self.abstract_class = true }
  tables = proc { create_table(:rows) { |table| table.integer :number } }

  before do
    stub_const("Row", row)
    stub_const("OtherRecord", other_database)
    broker("t" => 1)
    setup_application
  end

  let(:errors) { %w[worker.failed worker.hook_failed error.occurred].map { |name| [name, hear(name)] }.to_h }
  let(:base) { ActiveRecord::Base }

  def consumer(&consume)
    Class.new(Karafka::BaseConsumer) do
      include Karafka::Rails::ExactlyOnce
      define_method(:consume, &consume)
    end
  end

  def start(type = nil, batch: true, setup: nil, &consume)
    errors
    type ||= consumer(&consume)
    draw do
      topic(:t) do
        controller type
        batch_consuming batch
        instance_exec(&setup) if setup
      end
    end
  end

  def produce(numbers)
    Karafka.producer.produce_many_sync(numbers.map { |number| { topic: "t", payload: number.to_json, partition: 0 } })
  end

  def numbers
    Row.order(:id).pluck(:number)
  end

  def stored(value = nil)
    base.connection.execute("UPDATE karafka_offsets SET next_offset = #{value}") if value
    base.connection.select_value("SELECT next_offset FROM karafka_offsets")&.to_i
  end

  def stored_from_the_start(offset)
    base.connection.execute(
      "INSERT INTO karafka_offsets (group_id, topic, partition, next_offset, updated_at) " \
      "VALUES ('spec_t', 't', 0, #{offset}, '2026-01-01 00:00:00')"
    )
  end

  def committed
    found = Karafka::Native.positions(Karafka::Setup::Librdkafka.consumer(Karafka::App.consumer_groups.first),
                                      [["t", 0]], 5.0)
    found.first[:committed]
  end

  def error_texts(name)
    errors.fetch(name).map { |it| it[:error].message }
  end

  Databases.kinds.each do |kind|
    context "with #{kind}" do
      before { prepare_database(new_database(kind), &tables) }

      it "begins where Kafka says when there is no row, stores the position, and tells Kafka" do
        start { exactly_once { |messages| Row.add(messages) } }
        produce(0...5)
        serving { wait_until { numbers.size == 5 } }
        expect([numbers, stored, committed]).to eq([[0, 1, 2, 3, 4], 5, 5])
      end

      it "goes to the stored position when Kafka's is another" do
        start { exactly_once { |messages| Row.add(messages) } }
        produce(0...5)
        stored_from_the_start(3)
        serving { wait_until { numbers.size == 2 } }
        expect([numbers, stored, committed]).to eq([[3, 4], 5, 5])
      end

      it "gives the block what is not applied yet, and nothing else" do
        seen = Queue.new
        start { exactly_once { |messages| seen << messages.map(&:payload) }.then { |value| seen << value.class } }
        produce(0...6)
        # As if another member were faster: it has applied up to here after we began.
        start_of_work = nil
        allow_row = -> { start_of_work ||= stored_from_the_start(4) }
        before_hook = Karafka::App.consumer_groups.first.topics.first.controller
        before_hook.define_method(:on_assigned) { allow_row.call }
        serving { wait_until { seen.size >= 2 } }
        expect([seen.pop, seen.pop, stored]).to eq([[4, 5], Thread::Queue, 6])
      end

      it "undoes the rows and the position when the block raises, and has the messages again" do
        start do
          exactly_once do |messages|
            Row.add(messages)
            raise "first time" if attempt == 1
          end
        end
        produce(0...5)
        serving { wait_until { stored == 5 } }
        expect([numbers, error_texts("worker.failed").first]).to eq([[0, 1, 2, 3, 4], "first time"])
      end

      it "takes ActiveRecord::Rollback, and leaving the block, for a failure" do
        ways = [-> { raise ActiveRecord::Rollback }, -> { throw :abort }]
        start do
          catch(:abort) do
            exactly_once do |messages|
              Row.add(messages)
              ways.fetch(attempt - 1, -> {}).call
            end
          end
        end
        produce([1])
        serving { wait_until { stored == 1 } }
        expect(numbers).to eq([1])
        expect(error_texts("worker.failed")).to match([/t\/0 of group spec_t 0\.\.0 was rolled back.*end the block/,
                                                       /left by return, break or throw; use next/])
      end

      it "refuses to be inside of another transaction of the same database" do
        start do
          wanted = attempt
          work = -> { exactly_once { |messages| Row.create!(number: messages.first.payload) } }
          wanted == 1 ? Row.transaction { work.call } : work.call
        end
        produce([7])
        serving { wait_until { stored == 1 } }
        expect([numbers, error_texts("worker.failed")]).to match([[7], [/inside of a transaction.*do its work inside/]])
      end

      it "applies parts of a batch, message by message too, and refuses parts that leave out others" do
        start do
          list = params_batch.to_a
          next exactly_once { |all| Row.add(all) } if list.size < 4 || attempt > 2
          next exactly_once(list.last(2)) { raise "never" } if attempt == 1
          next exactly_once([list[0], list[2]]) { raise "never" } if attempt == 2
        end
        produce(0...4)
        serving { wait_until { stored == 4 } }
        expect(error_texts("worker.failed")).to all(match(/given offset 2 of t.0 of group spec_t without what comes/))
        expect(numbers).to eq([0, 1, 2, 3])
      end

      it "runs no block for what the same turn has applied" do
        start do
          exactly_once { |messages| Row.add(messages) }
          given = exactly_once { raise "never" }
          Row.create!(number: -1) if given.nil?
        end
        produce([0, 1])
        serving { wait_until { numbers.include?(-1) } }
        expect([numbers - [-1], stored, error_texts("worker.failed")]).to eq([[0, 1], 2, []])
      end

      it "retries from the part that failed" do
        start do
          params_batch.each_slice(2) do |two|
            exactly_once(two) { |messages| Row.add(messages) }
            raise "in the middle" if two.last.payload == 3 && attempt == 1
          end
        end
        produce(0...6)
        serving { wait_until { stored == 6 } }
        expect([numbers, error_texts("worker.failed")]).to eq([[0, 1, 2, 3, 4, 5], ["in the middle"]])
      end

      it "works message by message" do
        start(batch: false) { exactly_once(params) { |messages| Row.create!(number: messages.first.payload) } }
        produce(0...3)
        serving { wait_until { stored == 3 } }
        expect([numbers, committed]).to eq([[0, 1, 2], 3])
      end

      it "goes back when the row was set back while it runs" do
        start { exactly_once { |messages| Row.add(messages) } }
        produce(0...3)
        serving do
          wait_until { stored == 3 }
          stored(1)
          produce([3])
          wait_until { stored == 4 }
        end
        expect(numbers).to eq([0, 1, 2, 1, 2, 3])
        expect(error_texts("error.occurred")).to match([/went back from 3 to 1 in the database; goes on there/])
      end

      it "goes on at the first message there is when Kafka has deleted some that were not applied" do
        start { exactly_once { |messages| Row.add(messages.map { |it| Struct.new(:payload).new(it.offset) }) } }
        stored_from_the_start(1)
        # The embedded broker keeps about 5 MB.
        10.times { WaterDrop::SyncProducer.call("x" * 900_000, topic: "t", partition: 0) }
        serving { wait_until { stored == 10 } }
        expect(numbers).to eq((numbers.first..9).to_a)
        expect(numbers.first).to be > 1
        expect(error_texts("error.occurred")).to match([/Kafka has deleted 1\.\.\.#{numbers.first}, never applied/])
      end

      it "stops, and says so, where the topic ends before the stored position" do
        start { exactly_once { |messages| Row.add(messages) } }
        stored_from_the_start(50)
        produce(0...3)
        serving do
          wait_until { errors.fetch("worker.hook_failed").any? }
          expect(numbers).to eq([])
          stored(1)
          wait_until { stored == 3 }
        end
        expect(numbers).to eq([1, 2])
        expect(error_texts("worker.hook_failed")).to all(match(/50 is next.*Kafka ends at 3.*made anew.*such as 0/))
      end

      it "keeps a second member with the same messages from applying them" do
        start { nil }
        topic = Karafka::App.consumer_groups.first.topics.first
        type = consumer { exactly_once { |messages| Row.add(messages) } }
        topic.controller = type
        members = Array.new(4) do
          type.new.tap do |member|
            list = Array.new(20) { |number| { "value" => number.to_s, "offset" => number, "partition" => 0 } }
            member.params_batch = list
          end
        end
        threads = members.map do |member|
          Thread.new do
            # The database refuses the second that inserts the first row; it tries again, as a worker would.
            member.call
          rescue ActiveRecord::RecordNotUnique, ActiveRecord::StatementInvalid
            retry
          ensure
            ActiveRecord::Base.clear_active_connections! if ActiveRecord::Base.respond_to?(:clear_active_connections!)
          end
        end
        threads.each(&:join)
        expect([numbers, stored]).to eq([(0...20).to_a, 20])
      end
    end
  end

  context "with two databases" do
    before do
      prepare_database(new_database(:sqlite)) { drop_table(:karafka_offsets) }
      prepare_database(new_database(:sqlite), base: OtherRecord, &tables)
    end

    after { OtherRecord.remove_connection }

    let(:base) { OtherRecord }

    it "stores the position where the class says" do
      other = Class.new(OtherRecord) { self.table_name = "rows" }
      type = consumer { exactly_once { |messages| messages.each { |it| other.create!(number: it.payload) } } }
      type.stores_offsets_in(OtherRecord)
      start(Class.new(type))
      produce(0...3)
      serving { wait_until { stored == 3 } }
      expect(other.pluck(:number)).to eq([0, 1, 2])
      expect { type.stores_offsets_in(:other) }.to raise_error(ArgumentError, /stores_offsets_in :other cannot be/)
    end
  end

  it "finds the table under the name that the application's migrations gave it" do
    base.table_name_prefix = "shop_"
    base.table_name_suffix = "_1"
    prepare_database(new_database(:sqlite), &tables)
    start { exactly_once { |messages| Row.add(messages) } }
    produce([0, 1])
    query = "SELECT next_offset FROM shop_karafka_offsets_1"
    serving { wait_until { base.connection.select_value(query) == 2 } }
    expect([numbers, error_texts("worker.failed")]).to eq([[0, 1], []])
  ensure
    base.table_name_prefix = base.table_name_suffix = ""
  end

  it "is refused where instances do not stay" do
    expect { start(setup: proc { persistent false }) { nil } }
      .to raise_error(Karafka::Errors::InvalidConfiguration, /t: persistent.*needs its instance from batch to batch/)
  end

  it "says what to do without the table" do
    prepare_database(new_database(:sqlite)) { drop_table(:karafka_offsets) }
    start { exactly_once { |messages| Row.add(messages) } }
    serving { wait_until { errors.fetch("worker.hook_failed").any? } }
    expect(error_texts("worker.hook_failed").first).to match(/karafka_offsets/)
  end
end
