# frozen_string_literal: true

# An application for docs/events.md: its first message fails once.
application("orders" => 1)
