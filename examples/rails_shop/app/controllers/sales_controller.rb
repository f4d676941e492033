# frozen_string_literal: true

class SalesController < ApplicationController
  def index
    @sales = DailySale.order(day: :desc, product: :asc)
  end
end
