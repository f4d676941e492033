# frozen_string_literal: true

# Memcheck on the native side: a short life of everything (spec/native/valgrind/session.rb) may neither touch memory
# that is not its own nor lose any. Ruby's own oddities, and a known leak of the rdkafka crate, are in the .supp files
# beside it, each with its reason.
#
# From 3.3 on, Ruby's collector keeps the age of what it finds on a stack in tables that it finds by that word, and from
# there it comes into the headers of objects: memcheck takes these for unwritten, wherever an object's type is looked at
# after a collection (and nowhere when there was none). There only the other errors count.

require "rake/clean"

CLEAN.include("tmp/valgrind")

desc "Run a short native session under valgrind's memcheck (Linux; half a minute)"
task valgrind: :compile do
  unless system("valgrind --version", out: File::NULL, err: File::NULL)
    abort "valgrind was not found; install it (Debian: apt-get install valgrind libc6-dbg) and run this again"
  end
  folder = "tmp/valgrind"
  rm_rf folder, verbose: false
  mkdir_p folder, verbose: false
  suppressions = Dir["spec/native/valgrind/*.supp"].map { |file| "--suppressions=#{file}" }
  suppressions << "--undef-value-errors=no" if RUBY_VERSION.to_f >= 3.3
  pid = Process.spawn(
    "valgrind", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite", "--num-callers=40", "--log-file=#{folder}/%p.log", *suppressions,
    RbConfig.ruby, "-Ilib", "spec/native/valgrind/session.rb"
  )
  passed = Process.wait2(pid).last.success?
  main = "#{folder}/#{pid}.log"
  # The forked child leaks what its parent owns, on purpose. Anything else is as wrong there as here.
  logs = Dir["#{folder}/*.log"]
  worse = /^==\d+== (Invalid|Use of|Conditional|Mismatched|Syscall|Source and)/
  bad = (logs - [main]).select { |log| File.read(log).match?(worse) }
  bad << main unless passed
  abort "valgrind: no log of the forked child in #{folder}" if logs.size < 2
  bad.each { |log| puts File.read(log) }
  abort "valgrind: memcheck or the session itself failed; the log is in #{bad.join(", ")}" if bad.any?
  puts File.read(main)[/^==\d+== LEAK SUMMARY.*/m]
end
