# frozen_string_literal: true

# Owns what is known of one job that has failed. A value; any thread.
module Karafka
  module Testing
    # rubocop:disable Lint/StructNewOverride -- Kafka's own word

    # What user code raised, and where.
    Failure = Struct.new(:error, :group, :topic, :partition, :offset, :attempt, :backoff, :injected) do
      # rubocop:enable Lint/StructNewOverride

      # @return [String]
      def to_s
        place = offset ? "#{topic}/#{partition} at offset #{offset}" : "#{topic}/#{partition}"
        "#{place} of group #{group}: #{error.class}: #{error.message.lines.first&.strip} (attempt #{attempt})"
      end
    end
  end
end
