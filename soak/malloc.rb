# frozen_string_literal: true

require "fiddle"

# Owns asking glibc how much memory it has given out. Resident memory grows by what leaks and by what lies free between
# what is in use; this tells the two apart. Nothing with another C library.
module Malloc
  INT = Fiddle::TYPE_INT
  POINTER = Fiddle::TYPE_VOIDP

  class << self
    # @return [Array(Float, Float), nil] megabytes in use, and those free but kept
    def megabytes
      text = info or return
      # The last ones are of all arenas together; what comes before is each one's.
      total = text[%r{.*</heap>(.*)}m, 1]
      sizes = total.scan(/<total type="(\w+)" count="\d+" size="(\d+)"/).to_h { |type, size| [type, Integer(size)] }
      free = sizes.fetch("fast") + sizes.fetch("rest")
      used = Integer(total[/<system type="current" size="(\d+)"/, 1]) + sizes.fetch("mmap") - free
      [used, free].map { |bytes| bytes / 1_048_576.0 }
    end

    private

    def info
      @functions ||= {
        open: function("open_memstream", [POINTER, POINTER], POINTER),
        write: function("malloc_info", [INT, POINTER], INT), close: function("fclose", [POINTER], INT)
      }
      text, size = Array.new(2) { Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE) }
      file = @functions[:open].call(text, size)
      @functions[:write].call(0, file)
      @functions[:close].call(file)
      text.ptr.tap { |pointer| pointer.free = Fiddle::RUBY_FREE }.to_s
    rescue Fiddle::DLError
      nil
    end

    def function(name, arguments, result)
      @library ||= Fiddle.dlopen(nil)
      Fiddle::Function.new(@library[name], arguments, result)
    end
  end
end
