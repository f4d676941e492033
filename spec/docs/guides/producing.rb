# frozen_string_literal: true

# A broker with the topics of the guide.
BROKER = application("events" => 3, "profiles" => 1, "prices" => 1)
Karafka::App.boot!
