# frozen_string_literal: true

# SQLite has one writer. With a write-ahead log nobody who reads is in its way; Rails before 7.1 does not turn it on.
# And while one thread waits to write, Ruby should run the others, of which one may be that writer: the driver's own
# timeout does not let it.
ActiveSupport.on_load(:active_record_sqlite3adapter) do
  prepend(Module.new do
    private

    def configure_connection
      super
      database = @raw_connection || @connection
      database.busy_handler { |tries| tries < 5_000 && sleep(0.002) }
      database.execute("PRAGMA journal_mode = WAL")
      database.execute("PRAGMA synchronous = NORMAL")
    end
  end)
end
