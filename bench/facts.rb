# frozen_string_literal: true

# Owns comparing what a program found with what was sent. Pure.
module Facts
  # A record was lost, came twice, or is another one.
  class Wrong < StandardError; end

  # @param found [Hash{String => Numeric}] what a program printed: of what follows as much as it looked for
  # @param sent [Hash{String => Integer}] see {Records.facts}
  # @return [void]
  # @raise [Wrong]
  def self.check(found, sent)
    sent.each do |name, number|
      next unless found.key?(name) && found[name] != number

      raise Wrong, "#{name.tr("_", " ")}: #{found[name]} came where #{number} was sent"
    end
  end
end
