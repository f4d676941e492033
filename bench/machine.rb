# frozen_string_literal: true

require "etc"
require "karafka_rs"

# Owns describing the machine that is measured on, and how busy it is with other things. Reads /proc where there is one.
module Machine
  class << self
    # @return [Hash{Symbol => Object}]
    def description
      {
        date: Time.now.utc.strftime("%Y-%m-%d %H:%M UTC"), processor: processor, processors: Etc.nprocessors,
        memory_gb: (read("/proc/meminfo")[/MemTotal:\s+(\d+)/, 1].to_i / 1_048_576.0).round(1),
        kernel: Etc.uname.values_at(:sysname, :release, :machine).join(" "), ruby: RUBY_DESCRIPTION,
        librdkafka: Karafka::Native.librdkafka_version, karafka_rs: Karafka::VERSION
      }
    end

    # @return [Hash{Symbol => Float, nil}] what the machine does for others: processes that ran or wanted to in the last
    #   minute, and how much of its time is taken in the next second
    def noise
      { load_before: read("/proc/loadavg")[/\S+/]&.to_f, busy_before: shares { sleep 1 }.first.round(3) }
    end

    # @yield the time that is looked at
    # @return [Array<Float>] which shares of the processors' time were worked and stolen meanwhile
    def shares
      before = ticks
      yield
      worked, stolen, all = ticks.zip(before).map { |now, then_| now - then_ }
      all.positive? ? [worked / all.to_f, stolen / all.to_f] : [0.0, 0.0]
    end

    private

    # Ticks that the processors worked, were stolen, and all.
    def ticks
      user, nice, system, idle, iowait, irq, softirq, steal = read("/proc/stat")[/^cpu .*/].to_s.scan(/\d+/).map(&:to_i)
      return [0, 0, 0] unless steal

      worked = user + nice + system + irq + softirq
      [worked, steal, worked + steal + idle + iowait]
    end

    def processor
      read("/proc/cpuinfo")[/model name\s*:\s*(.+)/, 1] || Etc.uname[:machine]
    end

    def read(path)
      File.read(path)
    rescue SystemCallError
      ""
    end
  end
end
