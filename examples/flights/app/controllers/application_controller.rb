# frozen_string_literal: true

# Owns what all controllers of this application share. Must not hold state: each partition has an instance of its own.
class ApplicationController < Karafka::BaseController
  private

  # @return [Flights::Board] what has been seen so far, in this process
  def board
    Flights::Board.instance
  end
end
