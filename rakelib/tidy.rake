# frozen_string_literal: true

# The house rules alone (they are part of `rake spec` too); nothing is compiled.

desc "Check the house rules"
task :tidy do
  sh "rspec", "--options", File::NULL, "spec/tidy_spec.rb"
end
