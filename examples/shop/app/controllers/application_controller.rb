# frozen_string_literal: true

# Parent of the shop's controllers. Must not hold state: each partition has an instance of its own.
class ApplicationController < Karafka::BaseController
end
