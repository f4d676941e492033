# frozen_string_literal: true

# A broker with the topics of the guide, and settings.
application("invoices" => 3, "reminders" => 1, "audit" => 1, "orders" => 1)
Karafka::App.boot!
ANSWERED = Queue.new
