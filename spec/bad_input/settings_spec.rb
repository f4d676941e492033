# frozen_string_literal: true

require_relative "../lib/fresh_app"

# Owns the proof that no wrong value of a setting gets past `boot!` and `WaterDrop.setup`: each is refused in one line
# with its path, the value and the cure; what is secret stays so; all that is wrong is told at once.
RSpec.describe "Bad input: settings" do
  include_context "with a fresh app"

  let(:config) { Karafka::App.config }
  let(:invalid) { Karafka::Errors::InvalidConfiguration }

  before { WaterDrop.config.kafka.seed_brokers = "h:9092" }

  # Where to write settings of each level, how to have them checked, and what is raised then.
  def level(name)
    {
      root: [config, -> { Karafka::App.boot! }, invalid],
      kafka: [config.kafka, -> { Karafka::App.boot! }, invalid],
      waterdrop: [WaterDrop.config, -> { WaterDrop.setup }, WaterDrop::Errors::InvalidConfiguration],
      "waterdrop kafka": [WaterDrop.config.kafka, -> { WaterDrop.setup }, WaterDrop::Errors::InvalidConfiguration]
    }.fetch(name)
  end

  {
    root: Karafka::Setup::Config, kafka: Karafka::Setup::KafkaSettings,
    waterdrop: WaterDrop::Config, "waterdrop kafka": WaterDrop::KafkaSettings
  }.each do |level, type|
    describe "of level #{level}" do
      # Has a meaning of its own there, and no limit that we know.
      takes = { offset_retention_time: ["a negative number", "2**64"] }
      takes.default = []

      type.defaults.each_key do |name|
        it "refuses each odd value of #{name}" do
          settings, check, error_class = level(level)
          BadInput::ODD.except(*takes[name]).each_value do |value, shown|
            settings.public_send(:"#{name}=", value)
            # The only settings that may come several at once.
            shown = "" if value.equal?(BadInput::RECURSIVE) && name == :seed_brokers
            shown = "" if Karafka::Setup::Problems::SECRET.match?(name.to_s)
            error = raised { check.call }
            expect(error&.class).to(eq(error_class), "#{shown}: #{error.inspect[0, 300]}")
            line = error.problems.map(&:to_s).find { |text| text.match?(/\b#{name}\b/) }
            expect(line).to include(shown).and match(/ is .+ but .+; \S/)
            expect(line.lines.size).to eq 1
          end
        end

        it "names #{name} when its lambda raises" do
          settings, check, error_class = level(level)
          settings.public_send(:"#{name}=", -> { raise "no such\nthing" })
          error = raised { check.call }
          expect(error&.class).to(eq(error_class), error.inspect[0, 300])
          expect(error.problems.map(&:to_s)).to include(
            match(/\b#{name} is .* raised RuntimeError when it was read \(no such\); mend it, or set the value/)
          )
        end
      end
    end
  end
end
