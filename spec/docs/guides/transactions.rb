# frozen_string_literal: true

require "active_record"
require "erb"
require "tmpdir"

# A broker with topics, a database, and the models that the guide's consumers write to.
application("payments" => 1, "sales" => 1, "steps" => 1, "visits" => 1, "invoices_wanted" => 1, "invoices" => 1)

class ApplicationConsumer < Karafka::BaseConsumer; end

FOLDER = Dir.mktmpdir("guide")
at_exit { FileUtils.rm_rf(FOLDER) }
OPTIONS = { adapter: "sqlite3", pool: 10, timeout: 50 }.freeze
ActiveRecord::Base.establish_connection(**OPTIONS, database: "#{FOLDER}/primary.sqlite3")

class AnalyticsRecord < ActiveRecord::Base
  self.abstract_class = true
  establish_connection(**OPTIONS, database: "#{FOLDER}/analytics.sqlite3")
end

class Payment < ActiveRecord::Base; end
class DailySale < ActiveRecord::Base; end
class Invoice < ActiveRecord::Base; end
class OutboxRecord < ActiveRecord::Base; end
class Visit < AnalyticsRecord; end

# Until Rails 7.2 whoever waits for SQLite holds every thread, the one that it waits for among them: nobody waits long,
# and who reads does not wait at all.
[ActiveRecord::Base, AnalyticsRecord].each { |base| base.connection.execute("PRAGMA journal_mode = WAL") }

migration = "lib/generators/karafka_rs/offsets/templates/create_karafka_offsets.rb.erb"
eval(ERB.new(File.read(File.expand_path("../../../#{migration}", __dir__))).result) # rubocop:disable Security/Eval
ActiveRecord::Migration.verbose = false
[ActiveRecord::Base, AnalyticsRecord].each { |base| CreateKarafkaOffsets.new.exec_migration(base.connection, :up) }

ActiveRecord::Base.connection.instance_exec do
  create_table(:payments) do |table|
    table.integer :number, index: { unique: true }
    table.integer :amount
  end
  create_table(:daily_sales) do |table|
    table.string :day
    table.integer :amount, default: 0
  end
  create_table(:invoices) do |table|
    table.string :order
    table.integer :amount
  end
  create_table(:outbox_records) { |table| %i[topic key payload].each { |name| table.string name } }
end
AnalyticsRecord.connection.create_table(:visits) { |table| table.string :page }
