# frozen_string_literal: true

require "rails/generators"
require "rails/generators/active_record"

# Owns `rails g karafka_rs:offsets`: the migration of the table that {Karafka::Rails::ExactlyOnce} keeps positions in.
# Runs in the generator's process. Must not know what is stored.
module KarafkaRs
  # What `rails g karafka_rs:...` finds.
  module Generators
    # Makes the migration, in the folder of the database that it is for.
    class OffsetsGenerator < ::Rails::Generators::Base
      include ::ActiveRecord::Generators::Migration

      source_root File.join(__dir__, "templates")
      desc "Make a migration for the table of Karafka::Rails::ExactlyOnce"
      class_option :database, type: :string, aliases: %i[--db],
                              desc: "The database for the migration, by its name in config/database.yml"

      # @return [void]
      def check_database
        return unless options[:database]

        known = ::ActiveRecord::Base.configurations.configs_for(env_name: ::Rails.env).map(&:name)
        return if known.include?(options[:database])

        raise Thor::Error, "--database #{options[:database]} is not in config/database.yml for #{::Rails.env}; " \
                           "give one of #{known.join(", ")}"
      end

      # @return [void]
      def create_migration_file
        migration_template "create_karafka_offsets.rb.erb", File.join(db_migrate_path, "create_karafka_offsets.rb")
      end
    end
  end
end
