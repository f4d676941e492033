# frozen_string_literal: true

# Owns members of a group, each `karafka server` in a process of its own, and reading what they print: a line for each
# record that is done, "assigned" and "revoked" with the partitions, "error" with what a client complained of.
module Members
  # Seconds; no broker we know takes less unless it is told to.
  SESSION = 6

  # TOPIC, GROUP: unique names. SETTINGS: more Ruby for the setup. HOLD: a payload whose work never ends.
  SCRIPT = <<~RUBY
    class Prints < Karafka::BaseController
      def consume
        params_batch.each do |params|
          if params.payload.to_s == ENV["HOLD"]
            puts "held \#{params.partition} \#{params.offset}"
            Thread.stop
          end
          puts "\#{params.partition} \#{params.offset} \#{params.payload}"
        end
        return unless ENV.key?("COMMIT") && mark_as_consumed!(params_batch.last)

        puts "committed \#{params_batch.last.partition} \#{params_batch.last.offset}"
      end
    end

    application do |config|
      config.client_id = ENV.fetch("GROUP")
      config.kafka.session_timeout = #{SESSION}
      eval(ENV.fetch("SETTINGS", ""), binding)
    end
    routes do
      consumer_group(:g) do
        topic(ENV.fetch("TOPIC")) do
          controller Prints
          batch_consuming true
        end
      end
    end
    Karafka.monitor.subscribe("connection.error") { |event| puts "error \#{event[:code]} \#{event[:message]}" }
    %w[assigned revoked].each do |change|
      Karafka.monitor.subscribe("partitions.\#{change}") do |event|
        puts "\#{change} \#{event[:partitions].map { |it| it[:partition] }.sort.inspect}"
      end
    end
  RUBY

  # @return [Children::Child]
  def member(topic, group, **env)
    karafka_server(SCRIPT, env: { "TOPIC" => topic, "GROUP" => group, **env.transform_keys(&:to_s) })
  end

  # @return [Array<Array<Integer>>] partition, offset, number; in the order of consumption
  def records(*members)
    members.flat_map { |member| member.lines.grep(/\A\d/).map { |line| line.split.map(&:to_i) } }
  end

  # @return [Array<Integer>] partitions that the member has now
  def owned(member)
    member.lines.grep(/\A(assigned|revoked)/).inject([]) do |owned, line|
      partitions = line.scan(/\d+/).map(&:to_i)
      line.start_with?("assigned") ? owned | partitions : owned - partitions
    end
  end

  # Waits until the members share the partitions among them, each having some.
  def settled(partitions, *members)
    wait_until("#{members.size} members share #{partitions} partitions", timeout: 40) do
      shares = members.map { |member| owned(member) }
      shares.all?(&:any?) && shares.flatten.sort == (0...partitions).to_a
    end
  end

  # Ends members as users do.
  def stop(*members)
    members.each { |member| member.signal("TERM") }
    members.each { |member| expect([member.finish.code, member.err]).to eq([0, ""]) }
  end

  # Ends a member as nobody should.
  def crash(member)
    member.signal("KILL")
    member.finish
  end

  # Each member saw the offsets of a partition in their order; what came again is looked at once.
  def expect_order(*members)
    members.each do |member|
      records(member).uniq.group_by(&:first).each_value { |list| expect(list).to eq(list.sort) }
    end
  end
end
