# frozen_string_literal: true

# Owns the proof that the default parser answers whatever it is given with its own error, which says nothing of what is
# inside.
RSpec.describe "Bad input: the default parser" do
  let(:parser) { Karafka::Parsers::Json }
  let(:error) { Karafka::Errors::ParserError }

  [nil, 5, :a, [], {}, Object.new, BadInput::Blank.new, BadInput::Refusing.new, "", "geheim", "{\"geheim\":", "\xFF",
   "[geheim]", "[1] geheim", "{".encode(Encoding::UTF_16LE), "\"geheim"].each do |content|
    it "does not parse #{BadInput.label(content)[0, 40]}" do
      expect(refused(error, "payload is not JSON") { parser.parse(content) }.message).not_to include("geheim")
    end
  end

  deep = (1..200).reduce([]) { |list, _| [list] }
  odd = [BadInput::Blank.new, BadInput::RECURSIVE, [Float::NAN], { geheim: Float::INFINITY }, ["geheim\xFF"], deep]
  odd.each do |content|
    it "does not generate #{BadInput.label(content)[0, 40]}" do
      expect(refused(error, "cannot be written as JSON") { parser.generate(content) }.message).not_to include("geheim")
    end
  end
end
