# frozen_string_literal: true

# A broker with the topic of the guide.
BROKER = application("events" => 3)
Karafka::App.boot!
