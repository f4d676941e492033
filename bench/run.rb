# frozen_string_literal: true

# Owns the benchmark as a whole: what is asked for, the groups one after the other, what is written. Every case runs in
# a process of its own, one after the other in each round, so that what else the machine does hits all of them alike:
# compare the ratios, not the absolute numbers. Run by `rake bench`, which builds what is measured. Must leave no
# process behind, and must report nothing when a record was lost, came twice or is another one. With fewer than some
# 200,000 records the start is measured, not the flow.
#
#   ONLY=consume,json/flights RECORDS=1000000 ROUNDS=5 OUTPUT=tmp/bench.json rake bench

require "fileutils"
require_relative "cases"
require_relative "machine"
require_relative "report"
require_relative "rounds"

rounds = Integer(ENV.fetch("ROUNDS", "5"))
words = ENV["ONLY"]&.split(",")
asked = Cases.asked(words)
abort "bench: ONLY=#{words.join(",")} is no group or case; give #{Cases.all.map(&:title).join(", ")}" if asked.empty?

report = Report.new(Machine.description.merge(Machine.noise), rounds)
missing = Cases.missing(asked)
report.skip(missing)
cases = asked.reject { |it| missing.key?(it) }
begin
  _, stolen = Machine.shares do
    cases.group_by(&:group).each { |group, members| report.add(group, Rounds.new(members, rounds).run) }
  end
rescue Child::Failed => e
  abort "bench: refuses to report: #{e.message}"
end
report.finish(stolen)

output = ENV.fetch("OUTPUT", File.join(ROOT, "tmp", "bench.json"))
FileUtils.mkdir_p(File.dirname(output))
File.write(output, report.to_json)
