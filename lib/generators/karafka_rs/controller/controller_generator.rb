# frozen_string_literal: true

require "rails/generators"
require "karafka_rs"
require "karafka/rails/consumer_files"
require "karafka/rails/route_file"

# Owns `rails g karafka_rs:controller NAME`, and `rails destroy` of the same: a consumer with its responder, route and
# test. Runs in the generator's process. Must not know what is in the files.
module KarafkaRs
  module Generators
    # Makes one consumer.
    class ControllerGenerator < ::Rails::Generators::Base
      desc "Make a consumer with its responder, its route in karafka.rb and its test"
      argument :name, type: :string, desc: "Orders, or Admin::Orders"
      class_option :topic, type: :string, desc: "Name of the topic (default: as the consumer is named)"
      class_option :batch, type: :boolean, default: false, desc: "Consume batches, not single messages"
      class_option :responder, type: :boolean, default: true, desc: "Make a responder"

      # @return [void]
      def check_names
        consumer
      rescue ArgumentError => e
        abort "karafka_rs: #{e.message}"
      end

      # @return [void]
      def create_files
        templates = Karafka::Templates.new(destination_root, rails: true)
        consumer.templates(::Rails::Generators.options[:rails][:test_framework]).each do |path, template|
          create_file(path, templates.render(template, consumer))
        end
      end

      # @return [void]
      def change_routes
        path = File.join(destination_root, "karafka.rb")
        return say_status(:missing, "karafka.rb; run rails generate karafka_rs:install", :red) unless File.exist?(path)

        file = Karafka::Rails::RouteFile.new(File.read(path))
        behavior == :revoke ? remove_route(path, file) : add_route(path, file)
      end

      private

      def consumer
        @consumer ||= Karafka::Rails::ConsumerFiles.new(name, topic: options[:topic], batch: options[:batch],
                                                              responder: options[:responder])
      end

      def route
        @route ||= Karafka::Templates.new(destination_root, rails: true).render("rails/route.rb.erb", consumer)
      end

      def add_route(path, file)
        return say_status(:identical, "karafka.rb", :blue) if file.route?(consumer.class_name)

        write_routes(path, file.with(route)) ||
          say("karafka.rb has no `consumer_groups.draw do` that could be found; add this to its routes:\n\n#{route}")
      end

      def remove_route(path, file)
        return say_status(:identical, "karafka.rb", :blue) unless file.route?(consumer.class_name)

        write_routes(path, file.without(route)) ||
          say("the route of #{consumer.class_name} in karafka.rb was changed; take it out by hand")
      end

      def write_routes(path, text)
        return false unless text

        File.write(path, text) unless options[:pretend]
        say_status(:route, "#{consumer.topic} -> #{consumer.class_name}")
        true
      end
    end
  end
end
