# frozen_string_literal: true

Rails.application.routes.draw do
  root "sales#index"
  resources :orders, only: :create
end
