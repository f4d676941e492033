# frozen_string_literal: true

namespace :orders do
  desc "Announce orders that were committed and never announced; for a timer, every minute say"
  task announce: :environment do
    # Those of the last seconds may be under way.
    late = Order.unannounced.where(created_at: ...30.seconds.ago)
    puts "#{late.find_each.count(&:announce)} orders announced"
  end
end

namespace :broker do
  desc "Forget positions: the in-memory broker of bin/dev begins empty"
  task fresh: :environment do
    ActiveRecord::Base.connection.execute("DELETE FROM karafka_offsets")
  end
end
