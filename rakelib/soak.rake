# frozen_string_literal: true

# The soak: many records through one process while the groups change all the time. What it watches and how to ask for
# less: soak/run.rb.

desc "Consume 20M records in three groups under rebalances, and bound what memory grows (RECORDS, PARTITIONS, MINUTES)"
task soak: :compile do
  sh RbConfig.ruby, "-Ilib", "soak/run.rb"
end
