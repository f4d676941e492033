# frozen_string_literal: true

class OrdersController < ApplicationController
  # A page of somebody else's cannot send JSON here.
  skip_forgery_protection if: -> { request.content_mime_type == :json }

  def create
    order = Order.new(params.require(:order).permit(:customer, :product, :cents))
    order.save ? created(order) : refused(order)
  end

  private

  def created(order)
    respond_to do |format|
      format.html { redirect_to root_path }
      format.json { render json: { id: order.id }, status: :created }
    end
  end

  def refused(order)
    render json: { errors: order.errors.full_messages }, status: :unprocessable_entity
  end
end
