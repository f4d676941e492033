# frozen_string_literal: true

require "spec_helper"

RSpec.describe Karafka::Conflicts do
  it "lets this gem load alone" do
    expect { described_class.check!("karafka_rs" => 1, "rake" => 1) }.not_to raise_error
    expect { described_class.check! }.not_to raise_error
  end

  it "names the gems that cannot be loaded with it" do
    expect { described_class.check!("karafka" => 1, "rake" => 1) }
      .to raise_error(/karafka or waterdrop \(active: karafka\).*take karafka out/)
    expect { described_class.check!("karafka" => 1, "waterdrop" => 1) }.to raise_error(/active: karafka, waterdrop/)
  end
end
