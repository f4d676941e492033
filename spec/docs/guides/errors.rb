# frozen_string_literal: true

# A broker, settings, and a queue of what the guide's subscriber hears.
BROKER = application("jobs" => 1)
HEARD = Queue.new
Karafka::App.boot!
