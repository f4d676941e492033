# frozen_string_literal: true

require "active_record"
require "erb"
require "tmpdir"
require_relative "postgres"

# Owns databases of examples, with the table of positions as the generator makes it. Active Record is loaded into the
# process of the specs; Rails is not.
module Databases
  MIGRATION = File.join(Children::ROOT, "lib/generators/karafka_rs/offsets/templates/create_karafka_offsets.rb.erb")

  class << self
    # @return [Array<Symbol>] kinds that examples are run on
    def kinds
      %i[sqlite postgres]
    end
  end

  # @param kind [Symbol]
  # @return [String] URL of a new database
  def new_database(kind)
    return PostgresServer.shared.database if kind == :postgres

    @database_folder ||= Dir.mktmpdir("databases")
    "sqlite3:#{@database_folder}/#{@count = @count.to_i + 1}.sqlite3?timeout=5000&pool=10"
  end

  # Connects this process, makes the table of positions, and those of the block.
  # @param base [Class] whose connection it is
  def prepare_database(url, base: ActiveRecord::Base, &tables)
    base.establish_connection(url)
    ActiveRecord::Migration.suppress_messages { run_migration(base) }
    base.connection.instance_exec(&tables) if tables
  end

  private

  def run_migration(base)
    text = ERB.new(File.read(MIGRATION)).result
    space = Module.new { module_eval(text, MIGRATION) }
    migration = space.const_get(:CreateKarafkaOffsets).new
    migration.exec_migration(base.connection, :up)
  end
end

RSpec.configure do |config|
  config.include Databases, file_path: %r{/spec/rails/}
  config.after(:each, file_path: %r{/spec/rails/}) do
    if ActiveRecord::Base.connected?
      # What was started there ends first.
      end_children
      ActiveRecord::Base.connection_pool.disconnect!
    end
    FileUtils.rm_rf(@database_folder) if @database_folder
  end
end
