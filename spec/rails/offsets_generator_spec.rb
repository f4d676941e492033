# frozen_string_literal: true

require "spec_helper"
require_relative "support/rails_app"

# `rails g karafka_rs:offsets` in Rails applications.
RSpec.describe "rails g karafka_rs:offsets" do
  it "makes the table, and takes it back" do
    app = rails_app
    expect(app.run(:rails, "generate", "karafka_rs:offsets").out.join).to match(/create.*karafka_offsets\.rb/)
    expect(app.run(:rails, "db:migrate").code).to eq(0)
    names = app.database.table_info("karafka_offsets").map { |column| column["name"] }
    expect(names).to eq(%w[id group_id topic partition next_offset updated_at])
    insert = "INSERT INTO karafka_offsets (group_id, topic, partition, next_offset, updated_at) " \
             "VALUES ('g', 't', 0, 1, 'now')"
    app.database.execute(insert)
    expect { app.database.execute(insert) }.to raise_error(SQLite3::ConstraintException, /UNIQUE/)
    again = app.run(:rails, "generate", "karafka_rs:offsets")
    expect(Dir[app.file("db/migrate/*")].size).to eq(1), "#{again.out} #{again.err}"
    expect(app.run(:rails, "db:rollback").code).to eq(0)
    expect(app.run(:rails, "destroy", "karafka_rs:offsets").code).to eq(0)
    expect(Dir[app.file("db/migrate/*")]).to eq([])
  end

  it "makes it for the database that is asked for, and knows those that are there" do
    app = rails_app(databases: %w[primary analytics])
    yml = app.read("config/database.yml").gsub(/^(  analytics:\n)/, "\\1    migrations_paths: db/analytics_migrate\n")
    app.write("config/database.yml" => yml)
    expect(app.run(:rails, "generate", "karafka_rs:offsets", "--database", "analytics").code).to eq(0)
    expect(Dir[app.file("db/analytics_migrate/*")].size).to eq(1)
    unknown = app.run(:rails, "generate", "karafka_rs:offsets", "--database", "other")
    expect(unknown.err).to match(/--database other is not in config.database\.yml.*give one of primary, analytics/)
  end
end
